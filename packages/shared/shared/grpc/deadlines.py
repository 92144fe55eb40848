"""How much time the call in progress has left, from the server's entry to the calls it makes itself."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("oms_grpc_deadline", default=None)


def time_remaining() -> float | None:
    """Seconds until the deadline of the call in progress, never negative; None where it has none."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


@contextmanager
def deadline_in(remaining_s: float | None) -> Iterator[None]:
    """Give the block a deadline `remaining_s` seconds from now."""
    token = _deadline.set(None if remaining_s is None else time.monotonic() + remaining_s)
    try:
        yield
    finally:
        _deadline.reset(token)
