"""Waits for conditions, never for time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

_PAUSE_S = 0.01


async def until(condition: Callable[[], Any], *, timeout_s: float = 15.0) -> Any:
    """The first true value of `condition` (which may be a coroutine function); AssertionError after the time."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        assert time.monotonic() < end, "the condition did not come true in time"
        await asyncio.sleep(_PAUSE_S)
