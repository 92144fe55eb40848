"""Accepts events: into the stream where it can be had, else into the spool; never both without the broker's
de-duplication between them, and never before one of them holds the event durably.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from event_gateway.application.ports import (
    Broker,
    BrokerAwayError,
    BrokerRefusedError,
    Meter,
    Spool,
    SpoolBrokenError,
    SpoolFullError,
)
from event_gateway.application.turns import Turns
from event_gateway.domain.publication import Message, Receipt
from shared.errors import Unavailable, ValidationFailed, Violation

_RETRY_AFTER_S = 5.0


class Publishing:
    """The use case behind every way in.

    Order per lane: a lane is published one message after the other, and while the spool holds anything of a lane,
    what comes later goes behind it.
    """

    def __init__(self, broker: Broker, spool: Spool, meter: Meter, *, now_s: Callable[[], float] = time.time) -> None:
        self._broker = broker
        self._spool = spool
        self._meter = meter
        self._now_s = now_s
        self._turns = Turns()

    async def publish(self, message: Message) -> Receipt:
        """Accept one message; its receipt says where it is. Raises Unavailable, ValidationFailed: then it is nowhere,
        or at most in the stream without a confirmation, where another attempt is recognised as duplicate.
        """
        began_s = time.perf_counter()
        outcome = "refused"
        try:
            receipt = await self._place(message)
            outcome = _outcome(receipt)
        finally:
            self._meter.published(outcome, time.perf_counter() - began_s)
        return receipt

    async def publish_all(self, messages: Sequence[Message]) -> list[Receipt]:
        """Accept several, in order per lane and lanes side by side.

        Where one fails, its error is raised after the others have been tried; the same call again is safe, for what was
        accepted is recognised as duplicate.
        """
        outcomes = await asyncio.gather(*map(self.publish, messages), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return [outcome for outcome in outcomes if isinstance(outcome, Receipt)]

    async def _place(self, message: Message) -> Receipt:
        async with self._turns.of(message.lane):
            attempted_at_s = None
            if self._broker.available and not self._spool.holds(message.lane):
                attempted_at_s = self._now_s()
                try:
                    return await self._broker.publish(message)
                except BrokerAwayError as error:
                    self._meter.broker_failed("timeout" if error.maybe_stored else "away")
                    attempted_at_s = attempted_at_s if error.maybe_stored else None
                except BrokerRefusedError as error:
                    self._meter.broker_failed("refused")
                    violation = Violation("", "broker", "the broker refuses the event")
                    raise ValidationFailed("the broker refuses the event", violations=[violation]) from error
            kept = self._append(message, attempted_at_s)
        # The place in the spool is taken: the lane's next message may queue up while this one is being fsynced.
        return await self._queued(kept)

    def _append(self, message: Message, attempted_at_s: float | None) -> Awaitable[bool]:
        try:
            return self._spool.append(message, attempted_at_s=attempted_at_s)
        except SpoolFullError as error:
            raise Unavailable("the broker is away and the spool is full", retry_after_s=_RETRY_AFTER_S) from error

    async def _queued(self, kept: Awaitable[bool]) -> Receipt:
        try:
            return Receipt(queued=True, duplicate=not await kept)
        except SpoolBrokenError as error:
            detail = "the broker is away and the spool cannot be written"
            raise Unavailable(detail, retry_after_s=_RETRY_AFTER_S) from error


def _outcome(receipt: Receipt) -> str:
    if receipt.duplicate:
        return "duplicate"
    return "queued" if receipt.queued else "stored"
