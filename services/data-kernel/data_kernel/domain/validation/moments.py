"""The canonical form of `xsd:dateTime`: UTC, with as many digits of a second as are needed."""

import re
from datetime import UTC, datetime, timedelta

from data_kernel.domain.validation.mismatch import Mismatch
from shared.canonical import Json

_MOMENT = re.compile(
    r"(?P<year>-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?"
    r"(?:Z|(?P<sign>[+-])(?P<zone_hours>[0-9]{2}):(?P<zone_minutes>[0-9]{2}))?"
)
_USUAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z")
_CYCLE_YEARS = 400
"""After so many years the Gregorian calendar repeats, so that any year is reckoned like one `datetime` can hold."""
_FIRST_YEAR = 2000
_END_OF_DAY = (24, 0, 0)
_MAX_OFFSET = timedelta(hours=14)


def date_time(value: Json) -> Json:
    """A moment as `YYYY-MM-DDThh:mm:ss[.fff]Z`; without an offset it is taken as UTC."""
    if isinstance(value, str) and _is_canonical(value):
        return value
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Mismatch("This is not a date and time as in 2026-11-20T12:34:56Z.")
    year = int(match["year"])
    local, fraction = _reckoned(match), _fraction(match["fraction"])
    if fraction and (int(match["hour"]), int(match["minute"]), int(match["second"])) == _END_OF_DAY:
        raise Mismatch("24:00:00 is the end of the day.")
    moment = local - _offset(match)
    whole = year - year % _CYCLE_YEARS + moment.year - _FIRST_YEAR
    return f"{_year(whole)}-{moment:%m-%dT%H:%M:%S}{fraction}Z"


def _is_canonical(text: str) -> bool:
    """Whether this is plainly a moment in its canonical form, as nearly all are; others are taken apart."""
    try:
        return _USUAL.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def _reckoned(match: re.Match[str]) -> datetime:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    end_of_day = (hour, minute, second) == _END_OF_DAY
    year = _FIRST_YEAR + int(match["year"]) % _CYCLE_YEARS
    try:
        moment = datetime(
            year, int(match["month"]), int(match["day"]), 0 if end_of_day else hour, minute, second, tzinfo=UTC
        )
    except ValueError:
        raise Mismatch("There is no such date or time of day.") from None
    return moment + timedelta(days=end_of_day)


def _offset(match: re.Match[str]) -> timedelta:
    if match["sign"] is None:
        return timedelta()
    minutes = int(match["zone_minutes"])
    offset = timedelta(hours=int(match["zone_hours"]), minutes=minutes)
    if offset > _MAX_OFFSET or minutes >= timedelta(hours=1) // timedelta(minutes=1):
        raise Mismatch("An offset is at most 14:00.")
    return -offset if match["sign"] == "-" else offset


def _fraction(digits: str | None) -> str:
    """Milli-, micro- or nanoseconds, whichever is enough; nothing for none."""
    kept = (digits or "").rstrip("0")
    return "." + kept.ljust(-(-len(kept) // 3) * 3, "0") if kept else ""


def _year(year: int) -> str:
    return f"-{-year:04}" if year < 0 else f"{year:04}"
