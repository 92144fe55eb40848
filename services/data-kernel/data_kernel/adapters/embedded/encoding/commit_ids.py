"""Ids of commits: the first 160 bits of a record's SHA-256, as text in base 36."""

import hashlib
import re

from shared.errors import NotFound

ID_BYTES = 20

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)
_LENGTH = 31  # 36 ** 31 is the first power above 2 ** 160
_CHUNK = 36**12  # below 2 ** 63, three of them are 36 digits
_TEXT = re.compile(f"[{_DIGITS}]{{{_LENGTH}}}")


def of_record(record: bytes) -> bytes:
    """The id of the commit that the record describes."""
    return hashlib.sha256(record).digest()[:ID_BYTES]


def to_text(commit: bytes) -> str:
    """31 of `0-9a-z`."""
    # Every commit's id passes here, and divisions of long numbers are what it costs: so first into short ones.
    rest, low = divmod(int.from_bytes(commit), _CHUNK)
    high, middle = divmod(rest, _CHUNK)
    return (_digits(high) + _digits(middle) + _digits(low))[-_LENGTH:]


def _digits(number: int) -> str:
    high, low = divmod(number, 36**6)
    return _six_digits(high) + _six_digits(low)


def _six_digits(number: int) -> str:
    return _PAIRS[number // 36**4] + _PAIRS[number // 36**2 % 36**2] + _PAIRS[number % 36**2]


def from_text(text: str) -> bytes:
    """The id that the text stands for; `NotFound` for a text that no id has."""
    if not _TEXT.fullmatch(text):
        raise unknown()
    try:
        return int(text, 36).to_bytes(ID_BYTES)
    except OverflowError:  # 36 ** 31 exceeds 2 ** 160
        raise unknown() from None


def unknown() -> NotFound:
    """The error for a commit that is not there."""
    return NotFound("there is no such commit in this database", field="commit")
