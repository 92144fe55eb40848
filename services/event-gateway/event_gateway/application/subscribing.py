"""Hands events out: checks the wish, names the durable consumer within the caller's own namespace, and ends every
subscription when the gateway stops.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from event_gateway.application.ports import Broker, BrokerAwayError, Feed, Meter
from event_gateway.domain.subscription import Delivery, Settlement, Start, Subscription
from shared.context import Caller
from shared.errors import InvalidInput, Unavailable
from shared.events.routing import subject_filters

DEFAULT_CREDIT = 100
MAX_CREDIT = 1000
DEFAULT_ACK_WAIT_S = 30.0
MIN_ACK_WAIT_S = 0.1
MAX_ACK_WAIT_S = 3600.0
MAX_TYPES = 100
_DURABLE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RETRY_AFTER_S = 2.0


def durable_consumer(caller: Caller, name: str) -> str:
    """The broker's name of the caller's durable consumer: no other subject or service can reach it.

    Readable as far as it goes (service and name), with a hash of all three parts, of which the subject may hold any
    character.
    """
    if not _DURABLE.fullmatch(name):
        raise InvalidInput("a durable name is 1 to 64 of A-Z a-z 0-9 _ -", field="durable_name")
    identity = "\0".join((caller.service, caller.subject, name))
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    return f"{re.sub(r'[^A-Za-z0-9_-]', '_', caller.service)}_{name}_{digest}"


def subscription_of(
    caller: Caller,
    *,
    durable_name: str,
    types: tuple[str, ...],
    partition_key: str,
    start: Start,
    credit: int,
    ack_wait_s: float | None,
) -> Subscription:
    """The checked wish; `credit` 0 and `ack_wait_s` None take the defaults. Raises InvalidInput naming the field."""
    if not 0 <= credit <= MAX_CREDIT:
        raise InvalidInput(f"credit is 1 to {MAX_CREDIT}", field="credit")
    if ack_wait_s is not None and not MIN_ACK_WAIT_S <= ack_wait_s <= MAX_ACK_WAIT_S:
        raise InvalidInput(f"ack_wait is {MIN_ACK_WAIT_S} to {MAX_ACK_WAIT_S:.0f} s", field="ack_wait")
    if len(types) > MAX_TYPES:
        raise InvalidInput(f"at most {MAX_TYPES} types", field="types")
    subject_filters(types, partition_key)
    return Subscription(
        consumer=durable_consumer(caller, durable_name) if durable_name else "",
        types=types,
        partition_key=partition_key,
        start=start,
        credit=credit or DEFAULT_CREDIT,
        ack_wait_s=DEFAULT_ACK_WAIT_S if ack_wait_s is None else ack_wait_s,
    )


class Session:
    """One open subscription."""

    def __init__(self, feed: Feed, meter: Meter, stopping: asyncio.Event) -> None:
        self._feed = feed
        self._meter = meter
        self._stopping = stopping

    async def deliveries(self, settling: "asyncio.Task[None]") -> AsyncGenerator[Delivery, None]:
        """The deliveries as they come.

        Raises what `settling`, which reads the subscriber's settlements, ends with; Unavailable when the gateway stops.
        """
        feed = self._feed.deliveries()
        stopping = asyncio.ensure_future(self._stopping.wait())
        coming: asyncio.Future[Delivery] | None = None
        try:
            while True:
                coming = asyncio.ensure_future(anext(feed))
                await self._first_of(coming, stopping, settling)
                yield coming.result()
        finally:
            stopping.cancel()
            if coming is not None:
                coming.cancel()
                await asyncio.wait((coming,))
            await feed.aclose()

    async def _first_of(
        self,
        coming: "asyncio.Future[Delivery]",
        stopping: "asyncio.Future[Literal[True]]",
        settling: "asyncio.Task[None]",
    ) -> None:
        """Return when a delivery has come; raise for whatever else comes before."""
        while not coming.done():
            # Settlements that have come to their regular end stay silent from then on.
            awaited = (coming, stopping) if settling.done() else (coming, stopping, settling)
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if settling.done():
                settling.result()
            if stopping.done():
                raise Unavailable("the gateway stops; subscribe again", retry_after_s=_RETRY_AFTER_S)

    async def settle(self, settlement: Settlement) -> None:
        """Settle one delivery; one that is no longer open is counted as stale and comes again. Raises InvalidInput."""
        told = await self._feed.settle(settlement)
        self._meter.settled(settlement.action.value if told else "stale")


class Subscribing:
    """The use case behind Subscribe."""

    def __init__(self, broker: Broker, meter: Meter) -> None:
        self._broker = broker
        self._meter = meter
        self._stopping = asyncio.Event()

    @asynccontextmanager
    async def open(self, subscription: Subscription) -> AsyncIterator[Session]:
        """A session that stands; raises Unavailable while the broker is away, InvalidInput for a start it refuses."""
        try:
            feed = await self._broker.open(subscription)
        except BrokerAwayError as error:
            raise Unavailable("the broker is away", retry_after_s=_RETRY_AFTER_S) from error
        self._meter.subscriptions_changed(+1)
        try:
            yield Session(feed, self._meter, self._stopping)
        finally:
            self._meter.subscriptions_changed(-1)
            await feed.close()

    def stop(self) -> None:
        """End every session, those to come as well."""
        self._stopping.set()
