"""A broker in memory that fails on demand, and a meter that remembers."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from event_gateway.application.ports import BrokerAwayError, BrokerRefusedError
from event_gateway.domain.publication import Message, Receipt
from event_gateway.domain.subscription import Delivery, Settlement, Subscription


class FakeBroker:
    """`away` refuses connections; `lose_acks` stores that often without confirming; `refuse` refuses subjects."""

    def __init__(self) -> None:
        self.stored: list[Message] = []
        self.window: dict[str, int] = {}
        self.lose_acks = 0
        self.lookups = 0
        self.refuse: set[str] = set()
        self._here = asyncio.Event()
        self._here.set()

    @property
    def available(self) -> bool:
        return self._here.is_set()

    async def wait_available(self) -> None:
        await self._here.wait()

    def go(self) -> None:
        self._here.clear()

    def come_back(self) -> None:
        self._here.set()

    async def publish(self, message: Message) -> Receipt:
        await asyncio.sleep(0)
        if not self._here.is_set():
            raise BrokerAwayError("away")
        if message.subject in self.refuse:
            raise BrokerRefusedError("refused")
        known = self.window.get(message.message_id)
        if known is not None:
            return Receipt(duplicate=True, sequence=known)
        self.stored.append(message)
        self.window[message.message_id] = len(self.stored)
        if self.lose_acks:
            self.lose_acks -= 1
            raise BrokerAwayError("no confirmation", maybe_stored=True)
        return Receipt(sequence=len(self.stored))

    async def contains(self, message: Message, since_s: float) -> bool:
        self.lookups += 1
        return any(stored.message_id == message.message_id for stored in self.stored)

    async def probe(self) -> None:
        if not self._here.is_set():
            raise BrokerAwayError("away")

    async def open(self, subscription: Subscription) -> "FakeFeed":
        if not self._here.is_set():
            raise BrokerAwayError("away")
        return FakeFeed()


class FakeFeed:
    def __init__(self) -> None:
        self.queue: asyncio.Queue[Delivery] = asyncio.Queue()
        self.settlements: list[Settlement] = []
        self.closed = False

    async def deliveries(self) -> AsyncGenerator[Delivery, None]:
        while True:
            yield await self.queue.get()

    async def settle(self, settlement: Settlement) -> bool:
        self.settlements.append(settlement)
        return True

    async def close(self) -> None:
        self.closed = True


@dataclass
class CountingMeter:
    counts: Counter[str]

    def __init__(self) -> None:
        self.counts = Counter()

    def published(self, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.counts[f"published {outcome}"] += 1

    def broker_failed(self, kind: str) -> None:
        self.counts[f"failed {kind}"] += 1

    def drained(self, outcome: str) -> None:
        self.counts[f"drained {outcome}"] += 1

    def settled(self, action: str) -> None:
        self.counts[f"settled {action}"] += 1

    def subscriptions_changed(self, by: int) -> None:
        self.counts["subscriptions"] += by


def message(number: int, lane: str = "a", type_name: str = "io.oms.tested.v1") -> Message:
    return Message(
        stream="OMS_EVENTS",
        subject=f"oms.{type_name}.{lane}",
        message_id=f"id-{lane}-{number}",
        payload=f'{{"number":{number}}}'.encode(),
    )
