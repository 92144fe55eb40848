"""One attempt of one execution, from its start to its record."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog
from opentelemetry.trace import Link, SpanKind, Tracer

from scheduler_service.application.ports import (
    Attempt,
    Clock,
    Meter,
    Performer,
    Queue,
    Repository,
    TaskFailed,
)
from scheduler_service.domain.executions import Outcome, State
from shared.canonical import Json
from shared.errors import Conflict, DeadlineExceeded, NotFound, OmsError, Unavailable
from shared.telemetry.traceparent import parse_traceparent

_log = structlog.get_logger(__name__)
_RECORD_PAUSE_S = 1.0
MAX_CRASHES = 5
"""So many workers may die over an execution; the next one gives it up, for it is likely the cause."""


class Running:
    """Does the task of an attempt and records how it ended, or postpones it to the next attempt."""

    def __init__(
        self,
        *,
        repository: Repository,
        queue: Queue,
        performers: Mapping[str, Performer],
        clock: Clock,
        meter: Meter,
        tracer: Tracer,
        worker_id: str,
    ) -> None:
        self._repository = repository
        self._queue = queue
        self._performers = performers
        self._clock = clock
        self._meter = meter
        self._tracer = tracer
        self._worker_id = worker_id

    async def run(self, attempt: Attempt) -> None:
        """Run the attempt to its end. Unavailable where that cannot be recorded: then it comes again."""
        if attempt.is_cancelled:
            await self.end(attempt, State.CANCELLED, reason="cancelled before it began")
            return
        if attempt.number > 1:
            if attempt.number - attempt.failures > 1:
                self._meter.reclaimed()
            if await self._is_recorded(attempt):
                await self._queue.settle(attempt.delivery)
                return
        if attempt.number - attempt.failures > MAX_CRASHES:
            await self.end(attempt, State.DEAD, reason=f"{MAX_CRASHES} workers ended while they ran it")
            return
        await self._perform(attempt)

    async def end(self, attempt: Attempt, state: State, *, reason: str = "", result: Json = None) -> None:
        """Record the end in the kernel, then let the queue forget the execution."""
        outcome = Outcome(
            state=state,
            finished_at=self._clock.now(),
            attempts=attempt.number,
            started_at=attempt.started_at,
            worker=self._worker_id,
            reason=reason,
            result=result,
        )
        await self._record(attempt, outcome)
        await self._queue.settle(attempt.delivery)
        self._meter.ended(state.value, (outcome.finished_at - attempt.started_at).total_seconds())

    async def _record(self, attempt: Attempt, outcome: Outcome) -> None:
        """Waits for the kernel as long as it takes: what was done must not be done again for want of a record."""
        while True:
            try:
                await self._repository.finish(attempt.execution.id, outcome)
            except NotFound:
                _log.warning("execution_without_record", job=attempt.execution.job_id)
            except (Unavailable, DeadlineExceeded) as error:
                _log.warning("end_not_recorded_yet", job=attempt.execution.job_id, reason=error.reason.value)
                await self._clock.sleep(_RECORD_PAUSE_S)
                continue
            return

    async def _is_recorded(self, attempt: Attempt) -> bool:
        try:
            return (await self._repository.get_execution(attempt.execution.id)).state.is_final
        except NotFound:
            return False

    async def _perform(self, attempt: Attempt) -> None:
        spec = attempt.execution.spec
        scheduled = parse_traceparent(attempt.execution.traceparent)
        links = [Link(scheduled)] if scheduled is not None else []
        with self._tracer.start_as_current_span("execution", kind=SpanKind.CONSUMER, links=links):
            try:
                async with asyncio.timeout(spec.timeout_s):
                    result = await self._do(attempt)
            except TimeoutError:
                await self._failed(attempt, TaskFailed(f"it did not end within {spec.timeout_s:g} s"))
            except TaskFailed as failure:
                await self._failed(attempt, failure)
            except Conflict:
                _log.warning("attempt_superseded", attempt=attempt.number)
            else:
                await self.end(attempt, State.SUCCEEDED, result=result)

    async def _do(self, attempt: Attempt) -> Json:
        async def checkpoint(state: Json) -> None:
            if not await self._queue.checkpoint(attempt, state):
                raise Conflict("another attempt has begun")

        task = attempt.execution.spec.task
        try:
            return await self._performers[task.type].perform(task, attempt.execution, attempt.checkpoint, checkpoint)
        except Conflict:
            raise
        except OmsError as error:
            raise TaskFailed(f"the platform answered {error.reason.value}") from error

    async def _failed(self, attempt: Attempt, failure: TaskFailed) -> None:
        retries, failures = attempt.execution.spec.retries, attempt.failures + 1
        if failure.is_final or failures > retries.max:
            await self.end(attempt, State.DEAD, reason=failure.reason)
            return
        until = self._clock.now() + timedelta(seconds=retries.pause_s(failures))
        await self._queue.postpone(attempt, until, failure.reason)
        self._meter.retried()
