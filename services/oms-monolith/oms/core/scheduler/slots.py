"""The moments at which a job is to run, by APScheduler's triggers, and their names, which are the claims' keys."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger as ApCron  # type: ignore[import-untyped] # it has no types

from oms.domain.jobs import CronTrigger, DateTrigger, Job, JobSpec
from shared.errors import ValidationFailed, Violation

_TICK = timedelta(microseconds=1)
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_BACK = tuple(timedelta(days=days) for days in (1 / 24, 1, 32, 367))
_FIELDS = ("minute", "hour", "day", "month", "day_of_week")


def check(spec: JobSpec) -> None:
    """ValidationFailed where the trigger can never be reckoned."""
    if isinstance(spec.trigger, CronTrigger):
        try:
            _cron(spec.trigger)
        except (ValueError, KeyError, OSError):
            violation = Violation("trigger", "value_error", "This is no cron expression in a time zone.")
            raise ValidationFailed(f"trigger: {violation.message}", violations=[violation]) from None


def next_slot(job: Job, after: datetime) -> datetime | None:
    """The first slot after `after`; `None` where there is none."""
    trigger = job.spec.trigger
    if isinstance(trigger, DateTrigger):
        at = trigger.at.astimezone(UTC)
        return at if at > after else None
    if isinstance(trigger, CronTrigger):
        found = _cron(trigger).get_next_fire_time(None, after + _TICK)
        return found.astimezone(UTC) if found else None
    every = timedelta(seconds=trigger.every_s)
    anchor = (trigger.anchor or job.created_at).astimezone(UTC)
    return anchor if after < anchor else anchor + ((after - anchor) // every + 1) * every


def late_slots(job: Job, now: datetime) -> list[datetime]:
    """The slots up to `now` that the job's policy for late ones still wants, oldest first.

    Which of them have run already is not asked: their claims are taken.
    """
    misfire = job.spec.misfire
    grace_from = now - timedelta(seconds=misfire.grace_s)
    on_time = list(_between(job, max(job.effective_from, grace_from - _TICK), now))
    if misfire.policy == "skip" or (misfire.policy == "fire_once" and on_time):
        return on_time
    keep = misfire.limit if misfire.policy == "fire_all" else 1
    return [*_last_before(job, grace_from, keep), *on_time]


def slot_name(slot: datetime) -> str:
    """The slot as it stands in ids: `20261121T031500Z`, with microseconds only where there are some."""
    utc = slot.astimezone(UTC)
    return f"{utc:%Y%m%dT%H%M%S}{f'.{utc.microsecond:06}' if utc.microsecond else ''}Z"


def start_of(job: Job, slot: datetime) -> datetime:
    """When the slot's run begins: the slot and a part of the jitter, the same in every process."""
    digest = hashlib.sha256(f"{job.id}\0{slot_name(slot)}".encode()).digest()
    return slot + timedelta(seconds=job.spec.trigger.jitter_s * int.from_bytes(digest[:6], "big") / 2**48)


def _between(job: Job, after: datetime, until: datetime) -> Iterator[datetime]:
    slot = next_slot(job, after)
    while slot is not None and slot <= until:
        yield slot
        slot = next_slot(job, slot)


def _last_before(job: Job, end: datetime, keep: int) -> list[datetime]:
    """The last slots before `end`, looked for in ever longer times before it."""
    found: list[datetime] = []
    for back in _LOOK_BACK:
        since = max(job.effective_from, end - back)
        found = []
        for slot in _between(job, since, end - _TICK):
            found = [*found[-(keep - 1) :], slot] if keep > 1 else [slot]
        if len(found) == keep or since == job.effective_from:
            break
    return found


def _cron(trigger: CronTrigger) -> Any:
    fields = trigger.expression.split()
    if len(fields) != len(_FIELDS):
        raise ValueError("a cron expression has five fields")
    named = dict(zip(_FIELDS, fields, strict=True))
    # Cron counts weekdays from Sunday, APScheduler from Monday: names mean the same to both.
    named["day_of_week"] = re.sub(r"(?<![/\d])[0-7](?!\d)", lambda day: _WEEKDAYS[int(day[0])], named["day_of_week"])
    return ApCron(**named, timezone=ZoneInfo(trigger.timezone))
