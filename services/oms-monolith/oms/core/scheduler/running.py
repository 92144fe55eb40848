"""One run of a job: claimed once in the store, tried as often as its job says, recorded once."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from oms.core.scheduler.job_documents import JobDocuments
from oms.core.scheduler.tasks import TaskFailed, Tasks
from oms.domain.jobs import Job, JobSpec, moment, moment_text
from shared.canonical import Json
from shared.errors import OmsError

WORKER = "oms-monolith"
_RECORD_PAUSE_S = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """A slot of a job that is ours."""

    job_id: str
    slot: str
    spec: JobSpec
    scheduled_for: datetime

    @property
    def id(self) -> str:
        """The execution's id."""
        return f"{self.job_id}+{self.slot}"

    @classmethod
    def of_document(cls, document: dict[str, Any]) -> "Run":
        """The run of an execution's document."""
        spec = JobSpec.model_validate(document["spec"])
        return cls(str(document["job_id"]), str(document["slot"]), spec, moment(document["scheduled_for"]))


def claim_of(job: Job, slot: str, scheduled_for: datetime, cause: str) -> dict[str, Json]:
    """The document whose insertion claims the slot."""
    return {
        "@type": "Execution",
        "job_id": job.id,
        "slot": slot,
        "state": "claimed",
        "cause": cause,
        "scheduled_for": moment_text(scheduled_for),
        "claimed_at": moment_text(datetime.now(UTC)),
        "spec": job.document()["spec"],
    }


class Runner:
    """Runs what was claimed."""

    def __init__(self, documents: JobDocuments, tasks: Tasks) -> None:
        self._documents = documents
        self._tasks = tasks

    async def run(self, run: Run) -> None:
        """Try the task until it succeeds or its retries are used up, then record how it ended."""
        started_at = datetime.now(UTC)
        attempts, reason, result = 0, "", None
        while True:
            attempts += 1
            try:
                async with asyncio.timeout(run.spec.timeout_s):
                    result = await self._tasks.perform(run.spec, run.job_id, run.id, run.scheduled_for)
                reason = ""
                break
            except TimeoutError:
                reason = f"the attempt took longer than {run.spec.timeout_s:g} s"
            except TaskFailed as failure:
                reason = failure.reason
                if failure.is_final:
                    break
            if attempts > run.spec.retries.max:
                break
            await asyncio.sleep(run.spec.retries.pause_s(attempts))
        await self._record(
            run,
            {
                "state": "dead" if reason else "succeeded",
                "started_at": moment_text(started_at),
                "finished_at": moment_text(datetime.now(UTC)),
                "attempts": attempts,
                "worker": WORKER,
                **({"reason": reason} if reason else {}),
                **({"result": result} if result is not None else {}),
            },
        )

    async def skip(self, run: Run, state: str, reason: str) -> None:
        """Record that the execution did not run, or not to its end."""
        now = moment_text(datetime.now(UTC))
        await self._record(run, {"state": state, "finished_at": now, "worker": WORKER, "reason": reason})

    async def _record(self, run: Run, members: dict[str, Json]) -> None:
        """Until the store has it: what has run must not run again for want of a record."""
        while True:
            try:
                await self._documents.finish(run.id, members)
            except OmsError as error:
                _log.warning("execution_not_recorded", execution=run.id, reason=error.reason.value)
                if not error.retry_after_s and error.mapping.http_status < 500:  # noqa: PLR2004 - the table's statuses
                    return
                await asyncio.sleep(_RECORD_PAUSE_S)
            else:
                return
