"""Waiting for a condition with a bound; the only place in the tests that sleeps."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_S = 0.02


def wait_until(condition: Callable[[], T | None], timeout_s: float = 10.0, *, what: str = "the condition") -> T:
    """Ask until the answer is true, and give it back. Raises AssertionError after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what} did not come true within {timeout_s:g} s (last answer: {answer!r})")
        time.sleep(_PAUSE_S)


async def eventually(
    condition: Callable[[], Awaitable[T | None] | T | None], timeout_s: float = 10.0, *, what: str = "the condition"
) -> T:
    """The same for a running loop; the condition may be a coroutine function."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        asked = condition()
        answer = await asked if inspect.isawaitable(asked) else asked
        if answer:
            return answer
        if asyncio.get_running_loop().time() >= deadline:
            raise AssertionError(f"{what} did not come true within {timeout_s:g} s (last answer: {answer!r})")
        await asyncio.sleep(_PAUSE_S)
