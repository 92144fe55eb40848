"""Empties the spool into the broker, in order per lane, lanes side by side.

A message that was sent before may be in the stream already. Within the broker's duplicate window its id is enough;
later (`guard_after_s`), the stream is asked before the message is sent again, so that a long absence doubles nothing.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

from event_gateway.application.ports import (
    Broker,
    BrokerAwayError,
    BrokerRefusedError,
    Meter,
    Spool,
    SpoolBrokenError,
    SpooledMessage,
)

_log = structlog.get_logger(__name__)
_BATCH = 256
_LANES_AT_ONCE = 64


class Draining:
    """The background task; one per spool. `pause_s` is the wait before another round after one that failed."""

    def __init__(
        self,
        broker: Broker,
        spool: Spool,
        meter: Meter,
        *,
        guard_after_s: float,
        pause_s: float = 0.5,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._broker = broker
        self._spool = spool
        self._meter = meter
        self._guard_after_s = guard_after_s
        self._pause_s = pause_s
        self._now_s = now_s

    async def run(self) -> None:
        """Drain whenever there is something and the broker is there, until cancelled."""
        while True:
            await self._spool.wait_filled()
            await self._broker.wait_available()
            if not await self.drain_once():
                await asyncio.sleep(self._pause_s)

    async def drain_once(self) -> bool:
        """Try every lane that is held now; whether all of them became empty."""
        room = asyncio.Semaphore(_LANES_AT_ONCE)
        return all(await asyncio.gather(*(self._lane(lane, room) for lane in self._spool.lanes())))

    async def _lane(self, lane: str, room: asyncio.Semaphore) -> bool:
        async with room:
            try:
                while batch := await self._spool.head(lane, _BATCH):
                    await self._batch(lane, list(batch))
            except BrokerAwayError:
                return False
            except BrokerRefusedError as error:
                # It was accepted, so it is never dropped: it stays at the head of its lane, in sight of the metrics.
                _log.error("spooled_event_refused", error=str(error))
                self._meter.broker_failed("refused")
                return False
            except SpoolBrokenError as error:
                _log.error("spool_broken", error=str(error))
                return False
        return True

    async def _batch(self, lane: str, batch: list[SpooledMessage]) -> None:
        fresh = [spooled.number for spooled in batch if spooled.attempted_at_s is None]
        if fresh:
            # Before the attempt: if this process ends between the broker's confirmation and the removal, the next one
            # knows that these may be in the stream.
            await self._spool.mark_attempted(fresh, self._now_s())
        done: list[int] = []
        try:
            for spooled in batch:
                await self._send(spooled)
                done.append(spooled.number)
        finally:
            if done:
                await self._spool.remove(lane, done)

    async def _send(self, spooled: SpooledMessage) -> None:
        if await self._was_stored(spooled):
            self._meter.drained("duplicate")
            return
        receipt = await self._broker.publish(spooled.message)
        self._meter.drained("duplicate" if receipt.duplicate else "stored")

    async def _was_stored(self, spooled: SpooledMessage) -> bool:
        since_s = spooled.attempted_at_s
        if since_s is None or self._now_s() - since_s <= self._guard_after_s:
            return False
        return await self._broker.contains(spooled.message, since_s)
