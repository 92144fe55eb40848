"""From JSON text to exact values: a quick pass by the C scanner, and the tests that it does not make."""

import json
import re
from decimal import InvalidOperation
from itertools import chain
from typing import NoReturn, cast

from shared.canonical.location import explain
from shared.canonical.values import MAX_DEPTH, MAX_DIGITS, Json, JsonNumber, has_too_many_digits
from shared.errors import InvalidInput

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


_Container = dict[str, Json] | list[Json]


class _RefusedError(Exception):
    """Something that is not allowed; where it stands is found out afterwards."""


def decode(data: bytes | str, *, field: str = "body", last_wins: bool = False) -> Json:
    """Read one JSON text; with `last_wins` a name may stand twice in an object, and the last value holds.

    Errors: `InvalidInput` for malformed text or UTF-8, lone surrogates, duplicate names, NaN and infinities, numbers of
    more than `MAX_DIGITS` digits or an exponent beyond any arithmetic, and nesting beyond `MAX_DEPTH`; its `field` is
    `field` followed by the JSON Pointer of the place.
    """
    text = data if isinstance(data, str) else _text(data, field)
    try:
        value = cast("Json", (_lenient if last_wins else _scanner_for(text)).decode(text))
        _check_values(text, value)
    except (ValueError, RecursionError, InvalidOperation, _RefusedError):
        raise explain(text, field) from None
    return value


def _text(data: bytes, field: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{field}: byte {error.start} is not UTF-8.", field=field) from None


def _scanner_for(text: str) -> json.JSONDecoder:
    # Most documents are short and have no -0: for them the scanner makes the integers itself.
    return _careful if len(text) > MAX_DIGITS or "-0" in text else _quick


def _object(members: list[tuple[str, Json]]) -> dict[str, Json]:
    built = dict(members)
    if len(built) != len(members):
        raise _RefusedError
    return built


def _constant(_name: str) -> NoReturn:
    raise _RefusedError


def _integer(text: str) -> int | JsonNumber:
    if has_too_many_digits(text):
        raise _RefusedError
    return JsonNumber(text) if text == "-0" else int(text)


def _number(text: str) -> JsonNumber:
    if has_too_many_digits(text):
        raise _RefusedError
    return JsonNumber(text)


_quick = json.JSONDecoder(object_pairs_hook=_object, parse_float=JsonNumber, parse_constant=_constant)
_careful = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_number, parse_int=_integer, parse_constant=_constant
)
_lenient = json.JSONDecoder(parse_float=_number, parse_int=_integer, parse_constant=_constant)


def _check_values(text: str, value: Json) -> None:
    if not text.isascii():
        text.encode()  # a text that came as `str` may hold surrogates as they are
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(value)
    if _SURROGATE_ESCAPE.search(text):
        _check_texts(value)


def _check_depth(value: Json) -> None:
    level: list[_Container] = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return
        children = chain.from_iterable(each.values() if isinstance(each, dict) else each for each in level)
        level = [child for child in children if isinstance(child, (dict, list))]
    if level:
        raise _RefusedError


def _check_texts(value: Json) -> None:
    level: list[Json] = [value]
    while level:
        names = chain.from_iterable(parent for parent in level if isinstance(parent, dict))
        texts = (child for child in level if isinstance(child, str))
        "".join(chain(names, texts)).encode()
        level = [child for parent in level for child in _children(parent)]


def _children(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
