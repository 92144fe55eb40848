"""Slots: the moments at which a trigger wants its job to run, and their names.

A slot is exact and the same on every machine; jitter moves only when its run begins. Two schedulers that reckon the
same slot therefore claim the same execution.
"""

import hashlib
from collections import deque
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from scheduler_service.domain.cron import Cron
from scheduler_service.domain.triggers import CronSpec, DateSpec, IntervalSpec, Trigger

MAX_COUNTED = 10_000
_MICROSECOND = timedelta(microseconds=1)
_cron = lru_cache(maxsize=4096)(Cron)


def next_slot(trigger: Trigger, after: datetime) -> datetime | None:
    """The first slot after `after`; `None` where there is none. An interval has its anchor by now."""
    if isinstance(trigger, CronSpec):
        return _cron(trigger.expression, trigger.timezone).next_after(after)
    if isinstance(trigger, DateSpec):
        at = trigger.at.astimezone(UTC)
        return at if at > after else None
    return _next_of_interval(trigger, after)


def slots_before(trigger: Trigger, first: datetime, end: datetime, keep: int) -> tuple[list[datetime], int]:
    """The last `keep` slots from `first`, which is one, to before `end`, oldest first, and how many there are in all.

    No more than 10 000 are looked at: of a cron's that are more, the first ones.
    """
    at, total = first, 1
    if isinstance(trigger, IntervalSpec):
        every = timedelta(seconds=trigger.every_s)
        skipped = max(0, (end - first - _MICROSECOND) // every + 1 - keep)
        at, total = first + skipped * every, skipped + 1
    slots = deque([at], maxlen=keep)
    while (following := next_slot(trigger, at)) is not None and following < end:
        slots.append(following)
        total, at = total + 1, following
        if total >= MAX_COUNTED and not isinstance(trigger, IntervalSpec):
            break
    return list(slots), total


def start_of(job_id: str, slot: datetime, jitter_s: float) -> datetime:
    """When the run of a slot begins: the slot and a part of the jitter that job and slot alone decide."""
    if not jitter_s:
        return slot
    digest = hashlib.sha256(f"{job_id}\0{slot_name(slot)}".encode()).digest()
    return slot + timedelta(seconds=jitter_s * int.from_bytes(digest[:6], "big") / 2**48)


def slot_name(slot: datetime) -> str:
    """The slot as it stands in ids: `20261121T031500Z`, with microseconds only where there are some."""
    utc = slot.astimezone(UTC)
    return f"{utc:%Y%m%dT%H%M%S}{f'.{utc.microsecond:06}' if utc.microsecond else ''}Z"


def _next_of_interval(trigger: IntervalSpec, after: datetime) -> datetime:
    every = timedelta(seconds=trigger.every_s)
    if trigger.anchor is None:
        raise ValueError("an interval is reckoned from its anchor")
    anchor = trigger.anchor.astimezone(UTC)
    if after < anchor:
        return anchor
    return anchor + ((after - anchor) // every + 1) * every
