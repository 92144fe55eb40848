"""Executions: what ran, what runs, and what people do about it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nlargest
from uuid import uuid4

from scheduler_service.application.ports import Clock, Progress, Queue, Repository
from scheduler_service.domain.executions import Cause, Execution, Outcome, State
from scheduler_service.domain.jobs import JobSpec
from shared.context import current
from shared.errors import Conflict, InvalidInput, NotFound, OmsError, Reason
from shared.telemetry import current_traceparent

MAX_LISTED = 1000
_STATES = {"queued": State.CLAIMED, "running": State.RUNNING, "waiting": State.WAITING}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which executions; empty or `None` is no matter which. `until` is not included."""

    job_id: str = ""
    state: State | None = None
    since: datetime | None = None
    until: datetime | None = None
    count: int = 100

    def takes(self, execution: Execution) -> bool:
        """Whether the execution is wanted, whatever its state."""
        return (
            self.job_id in {"", execution.job_id}
            and (self.since is None or execution.scheduled_for >= self.since)
            and (self.until is None or execution.scheduled_for < self.until)
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """An execution as it is now: its record, and how it goes where it is under way."""

    execution: Execution
    state: State
    progress: Progress | None = None


class Executions:
    """Reads come from the kernel; how things go is told by Redis, and left out while that is away."""

    def __init__(self, repository: Repository, queue: Queue, clock: Clock) -> None:
        self._repository = repository
        self._queue = queue
        self._clock = clock

    async def list(self, wanted: Wanted) -> list[Seen]:
        """The latest executions that are wanted, the newest first. InvalidInput."""
        if not 1 <= wanted.count <= MAX_LISTED:
            raise InvalidInput(f"count is 1 to {MAX_LISTED}", field="count")
        recorded = wanted.state if wanted.state is None or wanted.state.is_final else State.CLAIMED
        fitting = [
            each
            async for each in self._repository.executions()
            if wanted.takes(each) and recorded in {None, each.state}
        ]
        newest = nlargest(wanted.count, fitting, key=lambda each: (each.scheduled_for, each.claimed_at, each.id))
        seen = [await self._seen(each) for each in newest]
        return [each for each in seen if wanted.state in {None, each.state}]

    async def get(self, execution_id: str) -> Seen:
        """One execution. NotFound."""
        return await self._seen(await self._repository.get_execution(execution_id))

    async def run(self, job_id: str) -> Seen:
        """Run a job now, once per idempotency key. NotFound, Unavailable."""
        job = await self._repository.get_job(job_id)
        return await self._begin(job_id, job.spec, Cause.MANUAL, "")

    async def retry(self, execution_id: str) -> Seen:
        """Run again what has ended, as its job is now. NotFound, Conflict, Unavailable."""
        before = await self._repository.get_execution(execution_id)
        if not before.state.is_final:
            raise Conflict("the execution has not ended", reason=Reason.PRECONDITION_FAILED)
        return await self._begin(before.job_id, await self._spec_now(before), Cause.RETRY, before.id)

    async def replay(self, execution_id: str) -> Seen:
        """Run a dead letter again, as its job is now. NotFound, Conflict, Unavailable."""
        before = await self._repository.get_execution(execution_id)
        if before.state is not State.DEAD:
            raise Conflict("the execution is no dead letter", reason=Reason.PRECONDITION_FAILED)
        return await self._begin(before.job_id, await self._spec_now(before), Cause.REPLAY, before.id)

    async def cancel(self, execution_id: str) -> Seen:
        """End an execution: at once where it waits, within about a second where it runs. NotFound, Unavailable."""
        execution = await self._repository.get_execution(execution_id)
        if not execution.state.is_final and await self._queue.cancel(execution_id) is not True:
            outcome = Outcome(State.CANCELLED, self._clock.now(), reason="cancelled before it ran")
            await self._repository.finish(execution_id, outcome)
        return await self.get(execution_id)

    async def _begin(self, job_id: str, spec: JobSpec, cause: Cause, of: str) -> Seen:
        now = self._clock.now()
        await self._queue.depth()  # refuses at once where Redis is away
        execution = Execution(
            job_id=job_id,
            slot=f"{cause.value}-{_unique(cause, of)}",
            cause=cause,
            scheduled_for=now,
            claimed_at=now,
            spec=spec,
            of=of,
            traceparent=current_traceparent(),
        )
        if not await self._repository.claim(execution):
            return await self.get(execution.id)
        await self._queue.enqueue(execution)
        return await self._seen(execution)

    async def _spec_now(self, execution: Execution) -> JobSpec:
        try:
            return (await self._repository.get_job(execution.job_id)).spec
        except NotFound:
            return execution.spec

    async def _seen(self, execution: Execution) -> Seen:
        if execution.state.is_final:
            return Seen(execution, execution.state)
        try:
            progress = await self._queue.progress(execution.id)
        except OmsError:
            progress = None
        if progress is None or progress.state not in _STATES:
            return Seen(execution, execution.state)
        return Seen(execution, _STATES[progress.state], replace(progress, state=_STATES[progress.state].value))


def _unique(cause: Cause, of: str) -> str:
    key = current().idempotency_key
    if not key:
        return uuid4().hex
    caller = current().caller
    named = "\0".join((caller.actor if caller is not None else "", cause.value, of, key))
    return hashlib.sha256(named.encode()).hexdigest()[:32]
