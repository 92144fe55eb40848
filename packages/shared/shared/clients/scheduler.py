"""The client of the scheduler: one interface over gRPC or HTTP."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from shared.canonical import Json
from shared.clients.scheduler_answers import ExecutionInfo, ExecutionState, JobInfo, WorkerInfo
from shared.clients.scheduler_grpc import SchedulerGrpc
from shared.clients.scheduler_http import SchedulerHttp
from shared.grpc.channel import open_channel
from shared.http.client import open_http_client
from shared.resilience import Resilience
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    from shared.grpc.tls import TlsFiles
    from shared.security import ServiceSigner

AUDIENCE = "scheduler"
_Answer = TypeVar("_Answer")

__all__ = ["AUDIENCE", "ExecutionInfo", "ExecutionState", "JobInfo", "SchedulerClient", "WorkerInfo"]


class SchedulerClient:
    """The scheduler at `target` over gRPC, or with `use_grpc` false at `http_url`.

    A job's specification is JSON: `name`, `trigger` (`cron`, `interval` or `date`), `task` (`http` or `event`), and
    what else the scheduler's OpenAPI tells. Reads are repeated where the scheduler is away, writes are not; give a job
    an id of its own to create it again without harm. Errors: NotFound, AlreadyExists, ValidationFailed, Unavailable, …
    """

    def __init__(
        self,
        target: str = "scheduler-service:50056",
        *,
        http_url: str | None = None,
        use_grpc: bool = True,
        signer: "ServiceSigner | None" = None,
        telemetry: Telemetry | None = None,
        tls: "TlsFiles | None" = None,
        timeout_s: float = 10.0,
    ) -> None:
        telemetry = telemetry or Telemetry.off("client")
        self._resilience = Resilience(AUDIENCE, telemetry.registry, deadline_s=timeout_s)
        self._transport: SchedulerGrpc | SchedulerHttp
        if use_grpc:
            self._transport = SchedulerGrpc(
                open_channel(target, audience=AUDIENCE, signer=signer, telemetry=telemetry, tls=tls)
            )
        else:
            url = http_url or "http://scheduler-service:8002"
            self._transport = SchedulerHttp(
                open_http_client(url, audience=AUDIENCE, signer=signer, timeout_s=timeout_s, telemetry=telemetry)
            )

    async def create_job(self, spec: Json) -> JobInfo:
        """A new job. ValidationFailed, AlreadyExists."""
        return await self._call(lambda: self._transport.create_job(spec), retry=False)

    async def get_job(self, job_id: str) -> JobInfo:
        """One job. NotFound."""
        return await self._call(lambda: self._transport.get_job(job_id))

    async def list_jobs(self, *, label: str = "") -> list[JobInfo]:
        """All jobs in order of id, or those with the label `name=value`."""
        found: list[JobInfo] = []
        token = ""
        while True:
            page, token = await self._call(lambda token=token: self._transport.page_jobs(token, label))  # type: ignore[misc] # mypy cannot infer a default's type
            found += page
            if not token:
                return found

    async def update_job(self, job_id: str, patch: Json) -> JobInfo:
        """Change a job by a merge patch. NotFound, ValidationFailed."""
        return await self._call(lambda: self._transport.update_job(job_id, patch), retry=False)

    async def delete_job(self, job_id: str) -> None:
        """Delete a job; its executions stay. NotFound."""
        await self._call(lambda: self._transport.delete_job(job_id), retry=False)

    async def run_job(self, job_id: str) -> ExecutionInfo:
        """Run a job now, once per idempotency key of the context. NotFound."""
        return await self._call(lambda: self._transport.run_job(job_id), retry=False)

    async def pause_job(self, job_id: str) -> JobInfo:
        """Let a job fire no more. NotFound."""
        return await self._call(lambda: self._transport.pause_job(job_id), retry=False)

    async def resume_job(self, job_id: str) -> JobInfo:
        """Let a job fire again. NotFound."""
        return await self._call(lambda: self._transport.resume_job(job_id), retry=False)

    async def preview(self, job_id: str, count: int = 5) -> Sequence[datetime]:
        """When a job will fire. NotFound."""
        return await self._call(lambda: self._transport.preview(job_id, count))

    async def list_executions(
        self, *, job_id: str = "", state: ExecutionState | None = None, count: int = 100
    ) -> list[ExecutionInfo]:
        """The latest executions, the newest first."""
        return await self._call(lambda: self._transport.list_executions(job_id, state, count))

    async def get_execution(self, execution_id: str) -> ExecutionInfo:
        """One execution. NotFound."""
        return await self._call(lambda: self._transport.get_execution(execution_id))

    async def cancel_execution(self, execution_id: str) -> ExecutionInfo:
        """End an execution. NotFound."""
        return await self._call(lambda: self._transport.cancel_execution(execution_id), retry=False)

    async def retry_execution(self, execution_id: str) -> ExecutionInfo:
        """Run again what has ended. NotFound, Conflict."""
        return await self._call(lambda: self._transport.retry_execution(execution_id), retry=False)

    async def replay_dead_letter(self, execution_id: str) -> ExecutionInfo:
        """Run again what was given up. NotFound, Conflict."""
        return await self._call(lambda: self._transport.replay_dead_letter(execution_id), retry=False)

    async def list_workers(self) -> list[WorkerInfo]:
        """Every worker that was heard of within the hour."""
        return await self._call(self._transport.list_workers)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.close()

    async def _call(self, fn: Callable[[], Awaitable[_Answer]], *, retry: bool = True) -> _Answer:
        return await self._resilience.call(fn, retry=retry)
