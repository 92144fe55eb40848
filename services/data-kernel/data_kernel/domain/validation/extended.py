"""TerminusDB's own datatypes (`xdd:`): coordinates, ranges, intervals and JSON, each written as a text."""

import re
from collections.abc import Callable

from data_kernel.domain.validation.calendar import date, duration
from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.moments import date_time
from data_kernel.domain.validation.numbers import decimal
from shared.canonical import Json, JsonNumber, decode, encode
from shared.errors import InvalidInput

_RANGE = re.compile(r"\[\s*(?P<first>[^\s,\[\]]+)\s*,\s*(?P<last>[^\s,\[\]]+)\s*\]")
_PAIR = 2

Normalise = Callable[[Json], Json]


def text(value: Json) -> str:
    """A canonical value as it stands inside of a text."""
    return value.text if isinstance(value, JsonNumber) else str(value)


def range_of(normalise: Normalise) -> Normalise:
    """The reader of `[first,last]`, or one value alone."""

    def normalised(value: Json) -> Json:
        if not isinstance(value, str):
            raise Mismatch("A range is a text as in [1,5].")
        match = _RANGE.fullmatch(value)
        if match is None:
            return text(normalise(value))
        return f"[{text(normalise(match['first']))},{text(normalise(match['last']))}]"

    return normalised


def coordinate(value: Json) -> Json:
    """A place as `[latitude,longitude]`, in decimal numbers."""
    return _written(_place(_parsed(value)))


def coordinates(value: Json) -> Json:
    """Places as `[[latitude,longitude],…]`, at least one."""
    parsed = _parsed(value)
    if not isinstance(parsed, list) or not parsed:
        raise Mismatch("This is not a list of coordinates.")
    return _written([_place(each) for each in parsed])


def _place(value: Json) -> Json:
    if not isinstance(value, list) or len(value) != _PAIR or any(isinstance(each, str | bool) for each in value):
        raise Mismatch("This is not a coordinate as in [1.5,2.5].")
    return [decimal(each) for each in value]


def json_text(value: Json) -> Json:
    """JSON written as a text, in canonical form."""
    return _written(_parsed(value))


def _parsed(value: Json) -> Json:
    try:
        return decode(value.encode()) if isinstance(value, str) else _refuse()
    except InvalidInput:
        raise Mismatch("This is not such a text in JSON.") from None


def _refuse() -> Json:
    raise Mismatch("This is written as a text.")


def _written(value: Json) -> str:
    return encode(value).decode()


def interval(value: Json) -> Json:
    """`start/end`: days or moments, one of which may be a duration."""
    ends = value.split("/") if isinstance(value, str) else []
    if len(ends) != _PAIR or all("P" in each for each in ends):
        raise Mismatch("This is not an interval as in 2025-01-01/P3M.")
    return "/".join(text(_end(each)) for each in ends)


_ANY_DURATION = duration("YMDhms", "PT0S")


def _end(value: str) -> Json:
    if "P" in value:
        return _ANY_DURATION(value)
    return date_time(value) if "T" in value else date(value)
