"""The canonical forms of integers, decimals and doubles; no digit passes through a binary number but a double's."""

import math
import re
from decimal import Decimal, InvalidOperation

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
    if isinstance(value, int) and not isinstance(value, bool):
        nearest = _nearest(Decimal(value))
    else:
        nearest = _nearest(_exact(value, "a number"))
    if math.isinf(nearest):
        raise Mismatch("This number is beyond the range of a double.")
    return JsonNumber(re.sub(r"e([+-])0+", r"e\1", repr(nearest)))


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
