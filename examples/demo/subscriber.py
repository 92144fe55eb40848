"""A durable subscriber of the platform's events that can go away and come back."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from examples.demo.platform import StepFailed
from shared.clients import EventGatewayClient
from shared.clients.event_subscription import Delivery, Subscribe

_STANDING_S = 20.0


@dataclass(slots=True)
class Subscriber:
    """Counts events by key, which is their commit or else their subject, and keeps the last one of each.

    Every delivery is acknowledged when it is counted.
    """

    client: EventGatewayClient
    asked: Subscribe
    by_key: Counter[str] = field(default_factory=Counter)
    last: dict[str, Delivery] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _work: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The name under which the gateway keeps its place."""
        return self.asked.durable_name

    def seen(self, keys: Sequence[str]) -> int:
        """How many events of these keys have come."""
        return sum(self.by_key[each] for each in keys)

    def data(self, key: str) -> dict[str, Any]:
        """What the last event of that key says."""
        return _data(self.last[key])

    @asynccontextmanager
    async def connected(self) -> AsyncGenerator[None, None]:
        """A block in which events come in; it begins when the subscription stands."""
        standing = asyncio.Event()
        self._work = asyncio.create_task(self._follow(standing.set))
        try:
            await self._until(standing.is_set, standing, _STANDING_S, "the subscription does not stand")
            yield
        finally:
            self._work.cancel()
            await asyncio.wait([self._work])

    async def wait_for(
        self, keys: Sequence[str], count: int, timeout_s: float, on_progress: Callable[[int], None]
    ) -> None:
        """Wait until so many events of these keys have come; StepFailed after `timeout_s` without a new one."""
        while (seen := self.seen(keys)) < count:
            on_progress(seen)
            self._changed.clear()
            late = f"{seen} of {count} events came, then none for {timeout_s:g} s"
            await self._until(self._changed.is_set, self._changed, timeout_s, late)
        on_progress(count)

    async def _follow(self, on_standing: Callable[[], None]) -> None:
        async with aclosing(self.client.subscribe(self.asked, on_standing=on_standing)) as deliveries:
            async for delivery in deliveries:
                await delivery.ack()
                key = str(_data(delivery).get("commit") or delivery.event.get_subject())
                self.by_key[key] += 1
                self.last[key] = delivery
                self._changed.set()

    async def _until(self, is_so: Callable[[], bool], event: asyncio.Event, timeout_s: float, late: str) -> None:
        """Wait for the event, or for the end of the work, which then tells why it ended."""
        if self._work is None:
            raise StepFailed("the subscriber is not connected")
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait([waiting, self._work], timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self._work.done():
            await self._work
        if not is_so():
            raise StepFailed(late)


def _data(delivery: Delivery) -> dict[str, Any]:
    data = delivery.event.get_data()
    return data if isinstance(data, dict) else {}
