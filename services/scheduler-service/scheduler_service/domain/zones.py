"""Wall clocks of time zones and the changes that they make."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAY = timedelta(days=1)
_RESOLUTION = timedelta(seconds=1)


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name in the IANA database; ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone") from None


def wall(moment: datetime, zone: tzinfo) -> datetime:
    """What a clock on the wall shows at the moment, as a naive time."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def offset(moment: datetime, zone: tzinfo) -> timedelta:
    """How far the wall's clock is ahead of UTC at the moment."""
    return moment.astimezone(zone).utcoffset() or timedelta()


def next_change(after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """The first second after `after`, and not after `until`, from which the offset is another; else `None`."""
    before, at = after.astimezone(UTC), after.astimezone(UTC)
    old = offset(before, zone)
    end = until.astimezone(UTC)
    while at < end:
        at = min(at + _DAY, end)
        if offset(at, zone) != old:
            return _change_between(before, at, zone)
        before = at
    return None


def _change_between(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """By halves; all changes of the database are at whole seconds."""
    old = offset(before, zone)
    low, high = before.replace(microsecond=0), after
    while high - low > _RESOLUTION:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle <= low:
            break
        if offset(middle, zone) == old:
            low = middle
        else:
            high = middle
    return high if high.microsecond == 0 else high.replace(microsecond=0)
