"""The canonical forms of dates, times of day, parts of dates and durations (XML Schema 1.1, part 2)."""

import re
from collections.abc import Callable
from datetime import date as calendar_date

from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.moments import date_time
from shared.canonical import Json

_ANY_DAY = "2000-01-01T"
_TIME = re.compile(
    r"(?P<hour_minute>[0-9]{2}:[0-9]{2})(?P<second>:[0-9]{2}(?:\.[0-9]{1,9})?)?(?P<zone>Z|[+-][0-9:]{5})?"
)
_YEAR = r"(?P<year>-?(?:[1-9][0-9]{4,8}|[0-9]{4}))"
_MONTH, _DAY = r"(?P<month>0[1-9]|1[0-2])", r"(?P<day>0[1-9]|[12][0-9]|3[01])"
_LEAP_YEAR = 2000
_DURATION = re.compile(
    r"(?P<sign>-?)P(?=[0-9T])(?:(?P<Y>[0-9]+)Y)?(?:(?P<M>[0-9]+)M)?(?:(?P<D>[0-9]+)D)?"
    r"(?:T(?=[0-9])(?:(?P<h>[0-9]+)H)?(?:(?P<m>[0-9]+)M)?(?:(?P<s>[0-9]+(?:\.[0-9]+)?)S)?)?"
)
_DATE_PARTS, _TIME_PARTS = "YMD", "hms"

Normalise = Callable[[Json], Json]


def date(value: Json) -> Json:
    """A day as `YYYY-MM-DD`; of the zones only `Z` may be named, and is dropped."""
    day = value.removesuffix("Z") if isinstance(value, str) else ""
    try:
        return str(date_time(f"{day}T00:00:00Z")).partition("T")[0]
    except Mismatch:
        raise Mismatch("This is not a date as in 2026-11-20.") from None


def time(value: Json) -> Json:
    """A time of day in UTC as `hh:mm:ss[.fff]Z`; without an offset it is taken as UTC."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Mismatch("This is not a time of day as in 12:34:56Z.")
    moment = f"{_ANY_DAY}{match['hour_minute']}{match['second'] or ':00'}{match['zone'] or 'Z'}"
    return str(date_time(moment)).partition("T")[2]


def part_of_date(pattern: str, example: str) -> Normalise:
    """The reader of a part of a date; `-0000` is the year 0000, and the day must be one of the month."""
    form = re.compile(pattern.format(year=_YEAR, month=_MONTH, day=_DAY))

    def normalise(value: Json) -> Json:
        match = form.fullmatch(value) if isinstance(value, str) else None
        if match is None or not _is_day(match.groupdict()):
            raise Mismatch(f"This is not a part of a date as in {example}.")
        return match[0].replace("-0000", "0000", 1) if "year" in match.groupdict() else match[0]

    return normalise


def _is_day(parts: dict[str, str]) -> bool:
    if "month" not in parts or "day" not in parts:
        return True
    try:
        return calendar_date(_LEAP_YEAR, int(parts["month"]), int(parts["day"])) is not None
    except ValueError:
        return False


def duration(units: str, zero: str) -> Normalise:
    """The reader of a duration of some of the units `Y M D h m s`; components stay as they are, save for zeros.

    Thirteen months stay thirteen months, as TerminusDB keeps them. What is nothing at all is `zero`.
    """

    def normalise(value: Json) -> Json:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        parts = {unit: text for unit, text in match.groupdict().items() if text and unit != "sign"} if match else {}
        if match is None or not parts.keys() <= set(units):
            raise Mismatch("This is not such a duration, as in P1DT2H.")
        days, hours = (_components(parts, each) for each in (_DATE_PARTS, _TIME_PARTS))
        return f"{match['sign']}P{days}{'T' if hours else ''}{hours}" if days or hours else zero

    return normalise


def _components(parts: dict[str, str], units: str) -> str:
    kept = ((unit, _without_zeros(parts.get(unit, ""))) for unit in units)
    return "".join(f"{text}{unit.upper()}" for unit, text in kept if text)


def _without_zeros(number: str) -> str:
    whole, _, fraction = number.partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    return f"{whole or '0'}.{fraction}" if fraction else whole
