"""The slow reading of a JSON text that was refused, which finds the place and says why."""

import json
import re
from decimal import InvalidOperation
from itertools import count

from shared.canonical.values import MAX_DEPTH, MAX_DIGITS, JsonNumber, has_too_many_digits, pointer
from shared.errors import InvalidInput

_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_CONSTANT = re.compile(r"NaN|-?Infinity")
_scanner = json.JSONDecoder()

_Path = tuple[str | int, ...]


class _FoundError(Exception):
    def __init__(self, path: _Path, why: str) -> None:
        super().__init__(why)
        self.path = path
        self.why = why


def explain(text: str, field: str) -> InvalidInput:
    """The error for a text that cannot be read as one exact JSON value."""
    try:
        end = _skip(text, _value(text, 0, ()))
        if end == len(text):
            return _error((), "is not JSON.", field)
        return _error((), f"text after the value, at character {end}.", field)
    except _FoundError as found:
        return _error(found.path, found.why, field)


def _error(path: _Path, why: str, field: str) -> InvalidInput:
    place = field + pointer(path)
    return InvalidInput(f"{place}: {why}", field=place)


def _skip(text: str, index: int) -> int:
    match = _BLANK.match(text, index)
    return match.end() if match else index


def _value(text: str, index: int, path: _Path) -> int:
    """Read the value at `index`; the index behind it."""
    index = _skip(text, index)
    opening = text[index : index + 1]
    if opening in {"{", "["} and len(path) >= MAX_DEPTH:
        raise _FoundError(path, f"nested deeper than {MAX_DEPTH}.")
    if opening == "{":
        return _object(text, index, path)
    if opening == "[":
        return _array(text, index, path)
    return _scalar(text, index, path)


def _array(text: str, index: int, path: _Path) -> int:
    index = _skip(text, index + 1)
    if text.startswith("]", index):
        return index + 1
    for number in count():
        index, closed = _next(text, _value(text, index, (*path, number)), "]", path)
        if closed:
            break
    return index


def _object(text: str, index: int, path: _Path) -> int:
    index = _skip(text, index + 1)
    if text.startswith("}", index):
        return index + 1
    names: set[str] = set()
    closed = False
    while not closed:
        name, index = _name(text, index, path)
        if name in names:
            raise _FoundError((*path, name), "a second member of the same name.")
        names.add(name)
        index, closed = _next(text, _value(text, index, (*path, name)), "}", path)
    return index


def _name(text: str, index: int, path: _Path) -> tuple[str, int]:
    index = _skip(text, index)
    if not text.startswith('"', index):
        raise _FoundError(path, f"no member's name at character {index}.")
    name, index = _string(text, index, path)
    index = _skip(text, index)
    if not text.startswith(":", index):
        raise _FoundError((*path, name), f"no colon at character {index}.")
    return name, index + 1


def _next(text: str, index: int, closing: str, path: _Path) -> tuple[int, bool]:
    """Step over the comma or the closing bracket, and tell whether it was the bracket."""
    index = _skip(text, index)
    if text.startswith((",", closing), index):
        return index + 1, text[index] == closing
    raise _FoundError(path, f"neither a comma nor {closing} at character {index}.")


def _string(text: str, index: int, path: _Path) -> tuple[str, int]:
    try:
        value, end = _scanner.raw_decode(text, index)
    except json.JSONDecodeError as error:
        raise _FoundError(path, f"malformed text at character {error.pos}.") from None
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _FoundError(path, "a lone surrogate, which UTF-8 cannot carry.") from None
    return value, end


def _check_number(text: str, path: _Path) -> None:
    if has_too_many_digits(text):
        raise _FoundError(path, f"a number of more than {MAX_DIGITS} digits.")
    try:
        JsonNumber(text)
    except InvalidOperation:
        raise _FoundError(path, "a number with an exponent out of range.") from None


def _scalar(text: str, index: int, path: _Path) -> int:
    if _CONSTANT.match(text, index):
        raise _FoundError(path, "NaN and infinities are not JSON.")
    if number := _NUMBER.match(text, index):
        _check_number(number.group(), path)
        return number.end()
    if text.startswith('"', index):
        return _string(text, index, path)[1]
    for word in ("true", "false", "null"):
        if text.startswith(word, index):
            return index + len(word)
    raise _FoundError(path, f"no JSON value at character {index}.")
