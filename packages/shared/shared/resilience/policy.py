"""One policy per peer."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.telemetry.metrics import MetricsRegistry

_Result = TypeVar("_Result")


class Resilience:
    """Deadline, bounded retry with jitter (stamina) and circuit breaker (purgatory) for calls to the peer `name`.

    `deadline_s` bounds a whole call with all its attempts; `threshold` failures in a row open the circuit for
    `open_s` seconds, after which one call tries the peer.
    """

    def __init__(  # noqa: PLR0913 - each is a knob of its own, all but two named
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
        raise NotImplementedError

    async def call(self, fn: Callable[[], Awaitable[_Result]], *, retry: bool) -> _Result:
        """The answer of `fn`; with `retry` a second attempt follows an Unavailable.

        Raises Unavailable with `retry_after_s` while the circuit is open, DeadlineExceeded past the deadline, else what
        `fn` raises. `retry` is for calls whose repetition does no harm alone.
        """
        raise NotImplementedError

    @property
    def is_open(self) -> bool:
        """Whether the circuit is open now, so that a fallback is due."""
        raise NotImplementedError

    def count_fallback(self) -> None:
        """Count that the caller took another way."""
        raise NotImplementedError
