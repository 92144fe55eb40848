"""Bringing the running schedule in line with the jobs and executions that the kernel keeps."""

from datetime import datetime, timedelta

import structlog

from scheduler_service.application.placing import place
from scheduler_service.application.ports import Clock, Queue, Repository, Schedule
from scheduler_service.domain.executions import Cause, Execution, State

_log = structlog.get_logger(__name__)
_SWEEP_EVERY = timedelta(minutes=1)
_FORGOTTEN_AT_ONCE = 1000


class Rebuilding:
    """What the leader does when it begins to lead, and from time to time afterwards."""

    def __init__(
        self, repository: Repository, schedule: Schedule, queue: Queue, clock: Clock, *, retention: timedelta
    ) -> None:
        self._repository = repository
        self._schedule = schedule
        self._queue = queue
        self._clock = clock
        self._retention = retention
        self._swept_at: datetime | None = None

    async def run(self) -> None:
        """Bring the schedule in line, and now and then look after the executions; where the schedule is lost, go on
        from the last slots that were claimed.
        """
        is_built = await self._schedule.is_built()
        now = self._clock.now()
        last_slots: dict[str, datetime] = {}
        if not is_built or self._swept_at is None or now - self._swept_at >= _SWEEP_EVERY:
            last_slots = await self._sweep(now)
            self._swept_at = now
        await self._synchronise(last_slots)
        if not is_built:
            await self._schedule.mark_built()
            _log.info("schedule_built", jobs_with_history=len(last_slots))

    async def _sweep(self, now: datetime) -> dict[str, datetime]:
        """Hand out what was claimed and is on nobody's way; forget what is past its retention. The last slots by job.

        That of a job is among what is kept or of no use any more: a job that fires has a later one.
        """
        last_slots: dict[str, datetime] = {}
        old: list[str] = []
        async for execution in self._repository.executions():
            if execution.state is State.CLAIMED:
                await self._queue.enqueue(execution)
            elif _ended_at(execution) < now - self._retention and len(old) < _FORGOTTEN_AT_ONCE:
                old.append(execution.id)
            if execution.cause is Cause.SCHEDULE:
                last = last_slots.get(execution.job_id, execution.scheduled_for)
                last_slots[execution.job_id] = max(last, execution.scheduled_for)
        if old:
            await self._repository.forget(old)
        return last_slots

    async def _synchronise(self, last_slots: dict[str, datetime]) -> None:
        since_ms = await self._schedule.clock_ms()
        known = await self._schedule.known()
        kept: set[str] = set()
        async for job in self._repository.jobs():
            kept.add(job.id)
            if known.get(job.id, -1) < job.revision:
                await place(self._schedule, job, max(job.effective_from, last_slots.get(job.id, job.effective_from)))
        for job_id in known.keys() - kept:
            await self._schedule.remove_unless_put_since(job_id, since_ms)


def _ended_at(execution: Execution) -> datetime:
    return execution.outcome.finished_at if execution.outcome is not None else execution.claimed_at
