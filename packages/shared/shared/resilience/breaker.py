"""The circuit breaker of one peer, over purgatory's."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from prometheus_client import Gauge
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.messages.events import ContextChanged
from purgatory.domain.model import CLOSED, HALF_OPENED, OPENED, OpenedState

from shared.errors import DeadlineExceeded, OmsError, Unavailable

if TYPE_CHECKING:
    from purgatory.service._async.circuitbreaker import AsyncCircuitBreaker

STATES = {CLOSED: 0, HALF_OPENED: 1, OPENED: 2}
"""What the metric of the state shows."""

_Result = TypeVar("_Result")


class CircuitOpen(Unavailable):
    """The peer failed several times in a row and is not asked for now; `retry_after_s` is until it is again."""


class Breaker:
    """Opens after `threshold` failures in a row; `open_s` seconds later calls pass again, and one failure reopens it.

    Failures are an unavailable peer, a passed deadline, and what is no error of the platform. Any other error is an
    answer, and shows that the peer is well. A cancelled call shows nothing.
    """

    def __init__(self, name: str, gauge: Gauge, *, threshold: int, open_s: float) -> None:
        self._name = name
        self._open_s = open_s
        self._gauge = gauge.labels(name)
        self._gauge.set(STATES[CLOSED])
        self._reopens_at = 0.0
        self._factory = AsyncCircuitBreakerFactory(
            default_threshold=threshold, default_ttl=open_s, exclude=[(BaseException, _is_an_answer)]
        )
        self._factory.add_listener(self._on_event)
        self._breaker: AsyncCircuitBreaker | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now."""
        return time.time() < self._reopens_at

    async def call(self, fn: Callable[[], Awaitable[_Result]]) -> _Result:
        """The answer of `fn`; CircuitOpen instead of a call while the circuit is open."""
        if self._breaker is None:
            self._breaker = await self._factory.get_breaker(self._name)
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self._breaker)
            except OpenedState as opened:
                # The library raises one instance again and again, which would keep the frames of each call.
                opened.__traceback__ = None
                raise self._refusal() from None
            try:
                return await fn()
            except asyncio.CancelledError:
                stack.pop_all()
                raise

    def _refusal(self) -> CircuitOpen:
        retry_after_s = max(0.0, self._reopens_at - time.time())
        return CircuitOpen(f"{self._name} is unavailable", retry_after_s=retry_after_s)

    def _on_event(self, _name: str, _kind: str, event: Any) -> None:
        if isinstance(event, ContextChanged):
            self._gauge.set(STATES[event.state])
            self._reopens_at = (event.opened_at or 0.0) + self._open_s if event.state == OPENED else 0.0


def _is_an_answer(error: BaseException) -> bool:
    return isinstance(error, OmsError) and not isinstance(error, Unavailable | DeadlineExceeded)
