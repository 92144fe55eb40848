"""Being the leader, or standing by."""

import asyncio
import contextlib

import structlog

from scheduler_service.application.dispatching import Dispatching
from scheduler_service.application.ports import Clock, Leadership, Lease, Meter, Queue, Workers
from scheduler_service.application.rebuilding import Rebuilding
from shared.background import end
from shared.errors import OmsError

_log = structlog.get_logger(__name__)
_LONGEST_PAUSE_S = 0.2


class Leading:
    """Tries for the lease and, while it holds it, keeps the schedule in line and fires what is due.

    Whatever goes wrong, it lets the turn go and tries again: without Redis or the kernel nothing fires, and what was
    missed follows the jobs' policies afterwards.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, by keyword alone
        self,
        *,
        leadership: Leadership,
        dispatching: Dispatching,
        rebuilding: Rebuilding,
        queue: Queue,
        workers: Workers,
        clock: Clock,
        meter: Meter,
        lease_s: float,
        resync_s: float,
    ) -> None:
        self._leadership = leadership
        self._dispatching = dispatching
        self._rebuilding = rebuilding
        self._queue = queue
        self._workers = workers
        self._clock = clock
        self._meter = meter
        self._renew_s = lease_s / 3
        self._resync_s = resync_s
        self._lease: Lease | None = None

    async def run(self) -> None:
        """Lead or stand by until cancelled; then give the lease up."""
        try:
            while True:
                await self._tend()
                if self._lease is None:
                    await self._clock.sleep(self._renew_s)
                else:
                    await self._lead(self._lease)
        finally:
            with contextlib.suppress(OmsError):
                await self._leadership.release()

    async def _tend(self) -> None:
        before = self._lease
        try:
            self._lease = await self._leadership.acquire()
        except OmsError as error:
            self._lease = None
            _log.warning("leadership_not_reached", reason=error.reason.value)
        if self._lease != before and self._lease is not None:
            self._meter.took_lead()
            _log.info("leadership_taken", token=self._lease.token)

    async def _lead(self, lease: Lease) -> None:
        """Work while the lease is renewed beside it; back when it is lost, or for a fresh start after a fault."""
        work = asyncio.create_task(self._work(lease), name="dispatching")
        try:
            while self._lease == lease and not work.done():
                await asyncio.wait([work], timeout=self._renew_s)
                await self._tend()
        finally:
            await end(work)
        if not work.cancelled() and (error := work.exception()) is not None:
            _log.warning("dispatching_interrupted", reason=_reason(error))
            await self._clock.sleep(self._renew_s)

    async def _work(self, lease: Lease) -> None:
        """Both or neither: where one ends, for whatever reason, so does the other, and the turn begins anew.

        A task group would go on with one when the other was cancelled, as calls of a broken channel are at times.
        """
        await self._rebuilding.run()
        both = [asyncio.create_task(self._dispatch(lease)), asyncio.create_task(self._resynchronise())]
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                await end(each)
        for each in done:
            each.result()

    async def _dispatch(self, lease: Lease) -> None:
        while True:
            if not await self._dispatching.turn(lease):
                await self._clock.sleep(await self._dispatching.until_next(_LONGEST_PAUSE_S))

    async def _resynchronise(self) -> None:
        while True:
            await self._measure()
            await self._clock.sleep(self._resync_s)
            await self._rebuilding.run()

    async def _measure(self) -> None:
        self._meter.queue_depth(await self._queue.depth())
        workers = await self._workers.all(self._clock.now())
        self._meter.workers_alive(sum(worker.is_alive for worker in workers))
        for gone in (worker for worker in workers if not worker.is_alive):
            await self._queue.forget_worker(gone.id)


def _reason(error: BaseException) -> str:
    """The first of the platform's errors in it; what is none is raised on, for it is a fault of this program."""
    if isinstance(error, OmsError):
        return error.reason.value
    if isinstance(error, BaseExceptionGroup):
        return _reason(error.exceptions[0])
    raise error
