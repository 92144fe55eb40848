"""Fire times of cron expressions, with the platform's rules for the hours that a clock skips or shows twice.

APScheduler's trigger finds the next time that a clock on the wall shows; what moment that is, this module decides:
- an expression whose hour is `*` (`*/10 * * * *`) means a rhythm: it goes on in real time through any change;
- every other one means times of day: those that the clock skips fire once, together, when the clock has changed, and
  those that it shows twice fire the first time only.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped] # it has no types

from scheduler_service.domain.zones import next_change, offset, wall, zone_of

_FIELDS = ("minute", "hour", "day", "month", "day_of_week")
_ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAYS = re.compile(r"(?P<first>[0-7])(?:-(?P<last>[0-7]))?(?:/(?P<step>[0-9]{1,2}))?")
_SAFE = re.compile(r"[0-9A-Za-z*/,\- ]{1,200}")
_HORIZON = timedelta(days=366 * 9)
"""Leap days are at most eight years apart; an expression that does not fire within this never does."""
_TICK = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_LONGEST_CHANGE = timedelta(hours=3)


class Cron:
    """A five-field expression (minute, hour, day, month, weekday; 0 and 7 are Sunday) in a time zone.

    Where both day and weekday are restricted, either is enough, as cron has it. ValueError for what is none.
    """

    def __init__(self, expression: str, zone_name: str) -> None:
        self._zone = zone_of(zone_name)
        fields = _read(expression)
        self._is_rhythm = fields["hour"].startswith("*")
        self._triggers = [CronTrigger(**each, second="0", timezone=UTC) for each in _either_day(fields)]

    def next_after(self, after: datetime) -> datetime | None:
        """The first moment to fire after `after`, in UTC; `None` where there is none within nine years."""
        start, last_wall = after.astimezone(UTC), wall(after, self._zone)
        # Up to here the wall's clock has been before.
        passed = None if self._is_rhythm else _shown_before(start, self._zone)
        while True:
            ahead = offset(start, self._zone)
            candidate = self._next_wall(last_wall if passed is None else max(last_wall, passed - _TICK))
            if candidate is None:
                return None
            moment = candidate.replace(tzinfo=UTC) - ahead
            change = next_change(start, moment, self._zone)
            if change is None:
                return moment
            old_end, new_start = (change + ahead).replace(tzinfo=None), wall(change, self._zone)
            if not self._is_rhythm and old_end <= candidate < new_start:
                return change
            passed = old_end if not self._is_rhythm and new_start < old_end else None
            start, last_wall = change, new_start - _TICK

    def _next_wall(self, after: datetime) -> datetime | None:
        at = (after + _TICK).replace(tzinfo=UTC)
        found = []
        for trigger in self._triggers:
            trigger.end_date = at + _HORIZON
            moment = trigger.get_next_fire_time(None, at)
            if moment is not None:
                found.append(moment.replace(tzinfo=None))
        return min(found, default=None)


def _shown_before(moment: datetime, zone: ZoneInfo) -> datetime | None:
    """In an hour that the wall's clock shows for the second time: where it was when it went back."""
    if not moment.astimezone(zone).fold:
        return None
    change = next_change(moment - _LONGEST_CHANGE, moment, zone)
    return None if change is None else (change + offset(change - _SECOND, zone)).replace(tzinfo=None)


def _read(expression: str) -> dict[str, str]:
    text = _ALIASES.get(expression.strip().lower(), expression)
    parts = text.split()
    if not _SAFE.fullmatch(text) or len(parts) != len(_FIELDS):
        raise ValueError("a cron expression has five fields: minute, hour, day, month, weekday")
    fields = dict(zip(_FIELDS, (part.lower() for part in parts), strict=True))
    fields["day_of_week"] = ",".join(_weekdays(item) for item in fields["day_of_week"].split(","))
    return fields


def _weekdays(item: str) -> str:
    """Numbers as names: cron counts from Sunday, APScheduler from Monday."""
    match = _DAYS.fullmatch(item)
    if match is None:
        return item
    first, step = int(match["first"]), int(match["step"] or 1)
    last = int(match["last"]) if match["last"] else (6 if match["step"] else first)
    if last < first or step < 1:
        raise ValueError("a range of weekdays goes from the smaller number to the greater")
    return ",".join(_WEEKDAYS[day % 7] for day in range(first, last + 1, step))


def _either_day(fields: dict[str, str]) -> list[dict[str, str]]:
    if "*" in (fields["day"], fields["day_of_week"]):
        return [fields]
    return [{**fields, "day_of_week": "*"}, {**fields, "day": "*"}]
