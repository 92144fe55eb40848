"""Times in the file are whole microseconds since 1970, UTC: exact, short and in order."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], int]
"""Tells the present in microseconds since 1970, UTC."""

RandomSource = Callable[[int], bytes]
"""Gives so many random bytes; what is made of them must be impossible to guess, so tests alone replace `os.urandom`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def system_clock() -> int:
    """The machine's clock."""
    return time.time_ns() // 1000


def to_datetime(time_us: int) -> datetime:
    """The same instant as a value of the domain."""
    return _EPOCH + timedelta(microseconds=time_us)


def to_us(instant: datetime) -> int:
    """The same instant as the file has it; exact, unlike a way through floats."""
    return (instant - _EPOCH) // _MICROSECOND
