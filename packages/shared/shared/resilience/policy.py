"""One policy per peer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from shared.errors import DeadlineExceeded, Unavailable
from shared.resilience.breaker import Breaker, CircuitOpen
from shared.telemetry import names
from shared.telemetry.metrics import MetricsRegistry

_Result = TypeVar("_Result")


class Resilience:
    """Deadline, bounded retry with jitter (stamina) and circuit breaker (purgatory) for calls to the peer `name`.

    `deadline_s` bounds a whole call with all its attempts and pauses. At most `attempts` are made; the pauses grow from
    `wait_initial_s` to `wait_max_s`, save where the peer itself says when. `threshold` failures in a row open the
    circuit for `open_s` seconds.
    """

    def __init__(
        self,
        name: str,
        registry: MetricsRegistry,
        *,
        deadline_s: float = 10.0,
        attempts: int = 3,
        wait_initial_s: float = 0.05,
        wait_max_s: float = 1.0,
        threshold: int = 5,
        open_s: float = 5.0,
    ) -> None:
        self._name = name
        self._deadline_s = deadline_s
        self._attempts = attempts
        self._wait_initial_s = wait_initial_s
        self._wait_max_s = wait_max_s
        state = registry.gauge(names.CIRCUIT_STATE, "Circuit: 0 closed, 1 half open, 2 open.", ("name",))
        self._retries = registry.counter(names.RETRIES, "Attempts after the first.", ("name",)).labels(name)
        self._fallbacks = registry.counter(names.FALLBACKS, "Calls that took another way.", ("name",)).labels(name)
        self._breaker = Breaker(name, state, threshold=threshold, open_s=open_s)

    async def call(self, fn: Callable[[], Awaitable[_Result]], *, retry: bool) -> _Result:
        """The answer of `fn`; with `retry` another attempt follows an Unavailable.

        Raises CircuitOpen, an Unavailable with `retry_after_s`, while the circuit is open, DeadlineExceeded past the
        deadline, else what `fn` raises. `retry` is only for calls that may be repeated without harm.
        """
        ends_at = asyncio.get_running_loop().time() + self._deadline_s

        def pause(error: Exception) -> bool | float:
            return retry and self._pause(error, ends_at)

        async for attempt in stamina.retry_context(
            on=pause,
            attempts=self._attempts,
            timeout=None,
            wait_initial=self._wait_initial_s,
            wait_max=self._wait_max_s,
            wait_jitter=self._wait_initial_s,
        ):
            with attempt:
                if attempt.num > 1:
                    self._retries.inc()
                return await self._breaker.call(lambda: self._in_time(fn, ends_at))
        raise AssertionError("stamina makes at least one attempt")

    @property
    def is_open(self) -> bool:
        """Whether the circuit is open now, so that a fallback is due."""
        return self._breaker.is_open

    def count_fallback(self) -> None:
        """Count that the caller took another way."""
        self._fallbacks.inc()

    async def _in_time(self, fn: Callable[[], Awaitable[_Result]], ends_at: float) -> _Result:
        scope = asyncio.timeout_at(ends_at)
        try:
            async with scope:
                return await fn()
        except TimeoutError:
            if not scope.expired():
                raise
            raise DeadlineExceeded(f"{self._name} did not answer within {self._deadline_s:g} s") from None

    def _pause(self, error: Exception, ends_at: float) -> bool | float:
        if not isinstance(error, Unavailable) or isinstance(error, CircuitOpen):
            return False
        left_s = ends_at - asyncio.get_running_loop().time()
        if error.retry_after_s is not None:
            return error.retry_after_s < left_s and error.retry_after_s
        return left_s > self._wait_max_s + self._wait_initial_s
