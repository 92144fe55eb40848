"""What the leading scheduler does: it claims the slots that are due and hands them to the workers."""

import asyncio
from dataclasses import replace
from datetime import datetime

import structlog
from opentelemetry.trace import Tracer

from scheduler_service.application.placing import following
from scheduler_service.application.ports import Clock, Entry, Lease, Meter, Queue, Repository, Schedule
from scheduler_service.domain.executions import Cause, Execution, Outcome, State
from scheduler_service.domain.jobs import Concurrency
from scheduler_service.domain.misfires import plan
from scheduler_service.domain.slots import slot_name
from shared.telemetry import current_traceparent

_log = structlog.get_logger(__name__)
_AT_ONCE = 200
_BESIDE = 32


class Dispatching:
    """One turn at a time, under a lease. A slot is claimed in the kernel first, so that a lease that was lost without
    notice costs work and doubles nothing.
    """

    def __init__(
        self, repository: Repository, schedule: Schedule, queue: Queue, clock: Clock, meter: Meter, tracer: Tracer
    ) -> None:
        self._repository = repository
        self._schedule = schedule
        self._queue = queue
        self._clock = clock
        self._meter = meter
        self._tracer = tracer

    async def turn(self, lease: Lease) -> bool:
        """Fire what is due; whether there may be more at once. Unavailable."""
        now = self._clock.now()
        await self._queue.promote(now)
        due = await self._schedule.due(now, _AT_ONCE)
        gate = asyncio.Semaphore(_BESIDE)

        async def gated(entry: Entry) -> None:
            async with gate:
                with self._tracer.start_as_current_span("fire"):
                    await self._fire(entry, now, lease)

        results = await asyncio.gather(*(gated(entry) for entry in due), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(due) == _AT_ONCE

    async def until_next(self, longest_s: float) -> float:
        """Seconds until the next start, at most `longest_s`."""
        start = await self._schedule.next_start()
        if start is None:
            return longest_s
        return min(longest_s, max(0.0, (start - self._clock.now()).total_seconds()))

    async def _fire(self, entry: Entry, now: datetime, lease: Lease) -> None:
        # Jitter delays starts, not slots: what the policy calls late is reckoned from the start.
        planned = plan(entry.spec, entry.slot, max(entry.slot, now - (entry.start - entry.slot)))
        if planned.skipped is not None:
            await self._skip(entry, planned.skipped, planned.missed, "missed: the scheduler was late")
        for index, slot in enumerate(planned.fire):
            missed = planned.missed if index == 0 and planned.skipped is None else 0
            await self._claim(entry, slot, missed)
        if planned.fire:
            self._meter.fired(max(0.0, (self._clock.now() - entry.start).total_seconds()))
        await self._schedule.advance(entry, following(entry, planned.following), lease)

    async def _claim(self, entry: Entry, slot: datetime, missed: int) -> None:
        if missed:
            self._meter.missed(missed)
        execution = self._execution(entry, slot, missed)
        others = await self._others(execution)
        if others and entry.spec.concurrency is Concurrency.FORBID:
            await self._skip(entry, slot, 1, "skipped: the run before is not done")
            return
        if not await self._repository.claim(execution):
            # Claimed before: by a leader that may have ended before it handed the execution on.
            execution = await self._repository.get_execution(execution.id)
            if execution.state is not State.CLAIMED:
                return
        if entry.spec.concurrency is Concurrency.REPLACE:
            for other in others:
                await self._replace(other)
        await self._queue.enqueue(execution)

    async def _others(self, execution: Execution) -> list[str]:
        if execution.spec.concurrency is Concurrency.ALLOW:
            return []
        return [other for other in await self._queue.active(execution.job_id) if other != execution.id]

    async def _replace(self, execution_id: str) -> None:
        if await self._queue.cancel(execution_id) is False:
            outcome = Outcome(State.CANCELLED, self._clock.now(), reason="replaced by the next run")
            await self._repository.finish(execution_id, outcome)

    async def _skip(self, entry: Entry, slot: datetime, missed: int, reason: str) -> None:
        execution = self._execution(entry, slot, missed)
        outcome = Outcome(State.SKIPPED, execution.claimed_at, reason=reason)
        await self._repository.claim(replace(execution, state=State.SKIPPED, outcome=outcome))
        self._meter.missed(missed)
        _log.warning("slots_missed", count=missed, reason=reason)

    def _execution(self, entry: Entry, slot: datetime, missed: int) -> Execution:
        return Execution(
            job_id=entry.job_id,
            slot=slot_name(slot),
            cause=Cause.SCHEDULE,
            scheduled_for=slot,
            claimed_at=self._clock.now(),
            spec=entry.spec,
            missed=missed,
            traceparent=current_traceparent(),
        )
