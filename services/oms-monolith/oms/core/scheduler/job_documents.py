"""Jobs and executions in the store, as the scheduler-service keeps them: on `<env>/scheduler/main`."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, aclosing, suppress
from dataclasses import replace

from oms.application.ports import DatabaseForCall
from oms.domain.jobs import Job
from shared import context
from shared.canonical import Json
from shared.context import CallContext
from shared.errors import AlreadyExists, NotFound

_TEXT: Json = {"@type": "Optional", "@class": "xsd:string"}
_MOMENT: Json = {"@type": "Optional", "@class": "xsd:dateTime"}
_COUNT: Json = {"@type": "Optional", "@class": "xsd:integer"}

CLASSES: tuple[Json, ...] = (
    {"@type": "Enum", "@id": "JobState", "@value": ["active", "paused"]},
    {
        "@type": "Enum",
        "@id": "ExecutionState",
        "@value": ["claimed", "succeeded", "dead", "cancelled", "skipped"],
    },
    {
        "@type": "Class",
        "@id": "Job",
        "@key": {"@type": "Lexical", "@fields": ["job_id"]},
        "job_id": "xsd:string",
        "name": "xsd:string",
        "state": "JobState",
        "owner": "xsd:string",
        "created_at": "xsd:dateTime",
        "effective_from": "xsd:dateTime",
        "revision": "xsd:integer",
        "spec": "sys:JSON",
    },
    {
        "@type": "Class",
        "@id": "Execution",
        "@key": {"@type": "Lexical", "@fields": ["job_id", "slot"]},
        "job_id": "xsd:string",
        "slot": "xsd:string",
        "state": "ExecutionState",
        "cause": "xsd:string",
        "scheduled_for": "xsd:dateTime",
        "claimed_at": "xsd:dateTime",
        "missed": _COUNT,
        "repeats": _TEXT,
        "traceparent": _TEXT,
        "spec": "sys:JSON",
        "started_at": _MOMENT,
        "finished_at": _MOMENT,
        "attempts": _COUNT,
        "worker": _TEXT,
        "reason": _TEXT,
        "result": {"@type": "Optional", "@class": "sys:JSON"},
    },
)


class JobDocuments:
    """Reads and writes them. What a caller asked for his own call is not asked for these; his identity is."""

    def __init__(self, database: DatabaseForCall, branch: str) -> None:
        self._database = database
        self._branch = branch

    async def prepare(self) -> None:
        """Make branch and classes where they are absent."""
        with self._own_call():
            database = self._database()
            if all(each.name != self._branch for each in await database.branches()):
                with suppress(AlreadyExists):
                    await database.create_branch(self._branch)
            await database.put_schema(CLASSES, branch=self._branch, message="Define what jobs and executions are")

    async def head(self) -> str:
        """The branch's head; empty where nobody has prepared it yet."""
        with self._own_call():
            try:
                commits = await self._database().log(count=1, branch=self._branch)
            except NotFound:
                return ""
        return commits[0].id if commits else ""

    async def insert(self, job: Job) -> None:
        """Keep a new job; AlreadyExists."""
        await self._insert(job.document(), f"Create the job {job.id}")

    async def get(self, job_id: str) -> Job:
        """One job; NotFound."""
        with self._own_call():
            return Job.of(await self._database().get_document(f"Job/{job_id}", branch=self._branch))

    async def delete(self, job_id: str) -> None:
        """Forget a job; NotFound."""
        with self._own_call():
            message = f"Delete the job {job_id}"
            await self._database().delete_document(f"Job/{job_id}", branch=self._branch, message=message)

    async def all(self, type_name: str) -> AsyncGenerator[Json, None]:
        """All jobs or executions in order of id."""
        with self._own_call():
            listing = self._database().list_documents(type_name, branch=self._branch)
        async with aclosing(listing) as documents:
            async for document in documents:
                yield document

    async def execution(self, execution_id: str) -> Json:
        """One execution's document; NotFound."""
        with self._own_call():
            return await self._database().get_document(f"Execution/{execution_id}", branch=self._branch)

    async def claim(self, execution: dict[str, Json]) -> bool:
        """Record that the slot is ours to run; false where it was claimed before."""
        try:
            await self._insert(execution, f"Claim the execution {execution['job_id']}+{execution['slot']}")
        except AlreadyExists:
            return False
        return True

    async def finish(self, execution_id: str, members: Mapping[str, Json]) -> None:
        """Record how an execution ended."""
        with self._own_call():
            message = f"Record the end of {execution_id}: {members['state']}"
            await self._database().patch_document(
                f"Execution/{execution_id}", dict(members), branch=self._branch, message=message
            )

    async def _insert(self, document: dict[str, Json], message: str) -> None:
        with self._own_call():
            await self._database().put_document(document, create=True, branch=self._branch, message=message)

    def _own_call(self) -> AbstractContextManager[CallContext]:
        now = context.current()
        return context.use(replace(now, author="", branch="", commit_message="", database="", idempotency_key=""))
