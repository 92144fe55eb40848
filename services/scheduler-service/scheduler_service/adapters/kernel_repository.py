"""Jobs and executions in the kernel, on the scheduler's own branch `<env>/scheduler/main`."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractContextManager, aclosing
from dataclasses import replace
from typing import TypeVar, cast

import structlog

from scheduler_service.domain.documents import (
    CLASSES,
    EXECUTION_CLASS,
    JOB_CLASS,
    execution_document,
    execution_document_id,
    execution_of_document,
    job_document,
    job_document_id,
    job_of_document,
    outcome_members,
)
from scheduler_service.domain.executions import Execution, Outcome, State
from scheduler_service.domain.jobs import Job
from shared import context
from shared.canonical import Json
from shared.clients.terminus_gateway import TerminusGatewayClient
from shared.context import CallContext
from shared.errors import AlreadyExists, Internal, PreconditionFailed

_log = structlog.get_logger(__name__)
_Read = TypeVar("_Read")


class KernelRepository:
    """`Repository` over the kernel.

    What a caller asked for his own call (branch, author, message, key) is not asked for these writes; his identity is,
    so that a job's commits are his and what the scheduler does by itself is `system@scheduler`'s.
    """

    def __init__(self, kernel: TerminusGatewayClient, *, database: str, branch: str) -> None:
        self._kernel = kernel
        self._database = database
        self._branch = branch

    async def prepare(self) -> None:
        """As `Repository.prepare`."""
        with _own_call():
            await self._kernel.put_schema(
                CLASSES, database=self._database, branch=self._branch, message="Define what jobs and executions are"
            )

    async def ping(self) -> None:
        """As `Repository.ping`."""
        await self._kernel.health()

    async def insert_job(self, job: Job) -> None:
        """As `Repository.insert_job`."""
        await self._insert(job_document(job), f"Create the job {job.id}")

    async def replace_job(self, job: Job) -> None:
        """As `Repository.replace_job`."""
        document = job_document(job)
        patch: list[Json] = [{"op": "test", "path": "/revision", "value": job.revision - 1}]
        patch += [{"op": "replace", "path": f"/{name}", "value": value} for name, value in _values(document)]
        await self._patch(job_document_id(job.id), patch, f"Change the job {job.id}")

    async def delete_job(self, job_id: str) -> None:
        """As `Repository.delete_job`."""
        with _own_call():
            await self._kernel.delete_document(
                job_document_id(job_id),
                database=self._database,
                branch=self._branch,
                message=f"Delete the job {job_id}",
            )

    async def get_job(self, job_id: str) -> Job:
        """As `Repository.get_job`."""
        return job_of_document(await self._get(job_document_id(job_id)))

    async def jobs(self) -> AsyncGenerator[Job, None]:
        """As `Repository.jobs`."""
        async with aclosing(self._list(JOB_CLASS)) as documents:
            async for document in documents:
                if (job := _readable(job_of_document, document)) is not None:
                    yield job

    async def claim(self, execution: Execution) -> bool:
        """As `Repository.claim`."""
        try:
            await self._insert(execution_document(execution), f"Claim the execution {execution.id}")
        except AlreadyExists:
            return False
        return True

    async def get_execution(self, execution_id: str) -> Execution:
        """As `Repository.get_execution`."""
        return execution_of_document(await self._get(execution_document_id(execution_id)))

    async def executions(self) -> AsyncGenerator[Execution, None]:
        """As `Repository.executions`."""
        async with aclosing(self._list(EXECUTION_CLASS)) as documents:
            async for document in documents:
                if (execution := _readable(execution_of_document, document)) is not None:
                    yield execution

    async def finish(self, execution_id: str, outcome: Outcome) -> bool:
        """As `Repository.finish`."""
        members = {"state": cast("Json", outcome.state.value), **outcome_members(outcome)}
        patch: list[Json] = [{"op": "test", "path": "/state", "value": State.CLAIMED.value}]
        patch += [{"op": "add", "path": f"/{name}", "value": value} for name, value in members.items()]
        try:
            await self._patch(
                execution_document_id(execution_id), patch, f"Record the end of {execution_id}: {outcome.state.value}"
            )
        except PreconditionFailed:
            return False
        return True

    async def forget(self, execution_ids: Sequence[str]) -> None:
        """As `Repository.forget`."""
        with _own_call():
            await self._kernel.delete_document(
                [execution_document_id(each) for each in execution_ids],
                database=self._database,
                branch=self._branch,
                message=f"Forget {len(execution_ids)} executions past their retention",
            )

    async def _get(self, document_id: str) -> Json:
        with _own_call():
            return await self._kernel.get_document(document_id, database=self._database, branch=self._branch)

    def _list(self, class_name: str) -> AsyncGenerator[Json, None]:
        with _own_call():
            return self._kernel.list_documents(class_name, database=self._database, branch=self._branch)

    async def _insert(self, document: Json, message: str) -> None:
        with _own_call():
            await self._kernel.put_document(
                document, create=True, database=self._database, branch=self._branch, message=message
            )

    async def _patch(self, document_id: str, patch: Json, message: str) -> None:
        with _own_call():
            await self._kernel.patch_document(
                document_id, patch, database=self._database, branch=self._branch, message=message
            )


def _readable(read: Callable[[Json], _Read], document: Json) -> _Read | None:
    """What a listed document says; one that cannot be read must not keep the others from being seen."""
    try:
        return read(document)
    except Internal as error:
        document_id = document.get("@id") if isinstance(document, dict) else None
        _log.error("document_not_readable", id=document_id, detail=error.detail)
        return None


def _values(document: dict[str, Json]) -> list[tuple[str, Json]]:
    return [(name, value) for name, value in document.items() if not name.startswith("@")]


def _own_call() -> AbstractContextManager[CallContext]:
    now = context.current()
    return context.use(replace(now, author="", branch="", commit_message="", database="", idempotency_key=""))
