"""Waits for conditions, never for time."""

import asyncio
import time
from collections.abc import Callable
from typing import Any


async def until(condition: Callable[[], Any], *, timeout_s: float = 10.0) -> Any:
    """The first true value of `condition`; AssertionError after the time."""
    end = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < end, "the condition did not come true in time"
        await asyncio.sleep(0.001)
    return value
