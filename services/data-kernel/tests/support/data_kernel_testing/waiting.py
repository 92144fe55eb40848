"""Waiting for a condition with a bound; the only place in these tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T | None], what: str, timeout_s: float = 20.0) -> T:
    """Ask until the answer is true, and give it back; AssertionError after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while not (answer := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {timeout_s:g} s")
        time.sleep(0.02)
    return answer
