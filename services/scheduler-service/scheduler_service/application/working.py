"""A worker: takes executions, runs several at a time, and says all the while that it lives."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from scheduler_service.application.ports import Attempt, Clock, Delivery, Queue, WorkerInfo, Workers
from scheduler_service.application.running import Running
from scheduler_service.domain.executions import State
from shared.background import end
from shared.errors import OmsError

_log = structlog.get_logger(__name__)
_WAIT_S = 0.5
_PAUSE_S = 0.5
_GOODBYE_S = 2.0


class Working:
    """Runs up to `slots` executions at a time until it is told to stop; then what runs may end within `drain_s`, and
    what does not is handed back to the others.
    """

    def __init__(
        self,
        *,
        queue: Queue,
        workers: Workers,
        running: Running,
        clock: Clock,
        identity: Callable[[datetime, tuple[str, ...]], WorkerInfo],
        slots: int,
        lease_s: float,
        drain_s: float,
    ) -> None:
        self._queue = queue
        self._workers = workers
        self._running = running
        self._clock = clock
        self._identity = identity
        self._id = identity(clock.now(), ()).id
        self._slots = slots
        self._beat_s = min(1.0, lease_s / 3)
        self._drain_s = drain_s
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled or stopped."""
        beating = asyncio.create_task(self._beat(), name="heartbeat")
        try:
            while not self._stopping.is_set():
                await self._turn()
        finally:
            await end(beating)

    async def stop(self) -> None:
        """Take nothing any more, let what runs end in time, hand back the rest, say goodbye."""
        self._stopping.set()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=self._drain_s)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await self._workers.leave(self._id)
                await self._queue.forget_worker(self._id)
        except (OmsError, TimeoutError):
            _log.warning("goodbye_not_said")

    async def _turn(self) -> None:
        if len(self._tasks) >= self._slots:
            await asyncio.wait(list(self._tasks), return_when=asyncio.FIRST_COMPLETED, timeout=_WAIT_S)
            return
        try:
            for delivery in await self._queue.take(self._id, self._slots - len(self._tasks), _WAIT_S):
                task = asyncio.create_task(self._handle(delivery), name=delivery.execution_id)
                self._tasks[task] = delivery.execution_id
                task.add_done_callback(lambda done: self._tasks.pop(done, None))
        except OmsError as error:
            _log.warning("queue_not_reached", reason=error.reason.value)
            await self._clock.sleep(_PAUSE_S)

    async def _beat(self) -> None:
        while True:
            now = self._clock.now()
            try:
                await self._workers.beat(self._identity(now, tuple(self._tasks.values())))
            except OmsError as error:
                _log.warning("heartbeat_not_sent", reason=error.reason.value)
            await self._clock.sleep(self._beat_s)

    async def _handle(self, delivery: Delivery) -> None:
        """One delivery. Where the platform is away it is left as it is, and comes again after the lease."""
        try:
            attempt = await self._queue.start(delivery, self._id, self._clock.now())
            if attempt is not None:
                await self._attend(attempt)
        except OmsError as error:
            _log.warning("execution_interrupted", job=delivery.execution_id, reason=error.reason.value)

    async def _attend(self, attempt: Attempt) -> None:
        """Run the attempt with its lease renewed beside it."""
        work = asyncio.create_task(self._running.run(attempt))
        try:
            while not work.done():
                await asyncio.wait([work], timeout=self._beat_s)
                if not work.done() and await self._is_over(attempt):
                    return
            await work
        except asyncio.CancelledError:
            await end(work)
            await self._queue.give_back(attempt)
            raise
        finally:
            await end(work)

    async def _is_over(self, attempt: Attempt) -> bool:
        """Whether the work is to end: it was cancelled, which is recorded, or is another worker's by now."""
        try:
            wanted = await self._queue.keep(attempt.delivery, self._id)
        except OmsError:
            return False  # nobody else can take it either
        if wanted is None:
            _log.warning("execution_lost", job=attempt.execution.job_id, attempt=attempt.number)
            return True
        if wanted:
            await self._running.end(attempt, State.CANCELLED, reason="cancelled while it ran")
        return wanted
