"""The canonical forms of numbers; no digit passes through a binary number but those of doubles and floats."""

import math
import re
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from data_kernel.domain.validation.mismatch import Mismatch
from shared.canonical import MAX_DIGITS, Json, JsonNumber

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def integer(value: Json) -> Json:
    """An `xsd:integer` of any size: a JSON number without a fraction, or its digits as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _integer_from_text(value)
    number = _exact(value, "an integer")
    if number != number.to_integral_value():
        raise Mismatch("This is not an integer.")
    return int(number)


def _integer_from_text(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise Mismatch("This is not an integer.")
    if len(text) > MAX_DIGITS:
        raise Mismatch(f"A number has at most {MAX_DIGITS} digits.")
    return int(text)


INTEGER_BOUNDS: Mapping[str, tuple[int | None, int | None]] = MappingProxyType(
    {
        "byte": (-(2**7), 2**7 - 1),
        "short": (-(2**15), 2**15 - 1),
        "int": (-(2**31), 2**31 - 1),
        "long": (-(2**63), 2**63 - 1),
        "unsignedByte": (0, 2**8 - 1),
        "unsignedShort": (0, 2**16 - 1),
        "unsignedInt": (0, 2**32 - 1),
        "unsignedLong": (0, 2**64 - 1),
        "positiveInteger": (1, None),
        "nonNegativeInteger": (0, None),
        "negativeInteger": (None, -1),
        "nonPositiveInteger": (None, 0),
    }
)
"""Least and greatest value of XML Schema's bounded integers; `None`: there is none."""


def integer_within(least: int | None, greatest: int | None) -> Callable[[Json], Json]:
    """The reader of integers within bounds."""

    def normalise(value: Json) -> Json:
        number = integer(value)
        is_within = isinstance(number, int) and (least is None or number >= least)
        if not is_within or (greatest is not None and isinstance(number, int) and number > greatest):
            raise Mismatch("This integer is beyond the bounds of its datatype.")
        return number

    return normalise


def decimal(value: Json) -> Json:
    """An `xsd:decimal`, exact: no exponent, no needless zeros; an `int` where there is no fraction."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = format(_exact(value, "a decimal number"), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return JsonNumber(text) if "." in text else int(text)


def double(value: Json) -> Json:
    """An `xsd:double`: the shortest digits that mean it, with a fraction or an exponent."""
    return _written(_double(value))


def single(value: Json) -> Json:
    """An `xsd:float`: the value of 32 bits that is nearest, written as the double it is."""
    try:
        return _written(struct.unpack("<f", struct.pack("<f", _double(value)))[0])
    except OverflowError:
        raise Mismatch("This number is beyond the range of a float.") from None


def _double(value: Json) -> float:
    if isinstance(value, int) and not isinstance(value, bool):
        nearest = _nearest(Decimal(value))
    else:
        nearest = _nearest(_exact(value, "a number"))
    if math.isinf(nearest):
        raise Mismatch("This number is beyond the range of a double.")
    return nearest


def _written(number: float) -> JsonNumber:
    return JsonNumber(re.sub(r"e([+-])0+", r"e\1", repr(number)))


def _nearest(number: Decimal) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _exact(value: Json, what: str) -> Decimal:
    """The number as it was written; refused where its digits in full would be more than the limit."""
    if isinstance(value, float):
        value = JsonNumber(repr(value))
    number = value if isinstance(value, JsonNumber) else _from_text(value, what)
    if _digits_in_full(number) > MAX_DIGITS:
        raise Mismatch(f"A number has at most {MAX_DIGITS} digits.")
    return number


def _digits_in_full(number: Decimal) -> int:
    """How many digits the number has without an exponent."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):  # NaN and infinities, which neither JSON nor the pattern lets in
        raise Mismatch("This is not a finite number.")
    return max(number.adjusted(), 0) + 1 + max(-exponent, 0)


def _from_text(value: Json, what: str) -> Decimal:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise Mismatch(f"This is not {what}.")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Mismatch("This exponent is out of range.") from None
