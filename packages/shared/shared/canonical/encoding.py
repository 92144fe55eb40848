"""From values to the canonical bytes."""

import json
from json.encoder import encode_basestring
from typing import Any

from shared.canonical.values import Json, JsonNumber
from shared.errors import InvalidInput

_MARK = "\ud800"
_ENCODED_MARK = f'"{_MARK}"'


def encode(value: Json) -> bytes:
    """The canonical bytes: UTF-8, members sorted by the bytes of their names, no spaces, numbers as they were written.

    Errors: `InvalidInput` for NaN, infinities, lone surrogates and values that lie too deep in one another;
    `TypeError` for what is not JSON.
    """
    try:
        # Texts alone are what sets are brought into order by, and need no encoder.
        return (encode_basestring(value) if isinstance(value, str) else _written(value)).encode()
    except UnicodeEncodeError:
        raise InvalidInput("A text holds a lone surrogate, which UTF-8 cannot carry.") from None
    except ValueError:
        raise InvalidInput("NaN, infinities and integers beyond the limit are not JSON.") from None
    except RecursionError:
        raise InvalidInput("The value is nested too deep.") from None


def _written(value: Json) -> str:
    # The C encoder cannot write a number's text. It writes a lone surrogate for each, which no legal text holds, and
    # the texts are put in their places afterwards.
    texts: list[str] = []

    def mark(other: Any) -> str:
        if not isinstance(other, JsonNumber):
            raise TypeError(f"{type(other).__name__} is not JSON")
        texts.append(other.text)
        return _MARK

    encoder = json.JSONEncoder(
        ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=mark
    )
    return _fill(encoder.encode(value), texts)


def _fill(text: str, numbers: list[str]) -> str:
    if not numbers:
        return text
    parts = text.split(_ENCODED_MARK)
    if len(parts) != len(numbers) + 1:
        raise InvalidInput("A text holds a lone surrogate, which UTF-8 cannot carry.")
    pieces = [parts[0]]
    for number, part in zip(numbers, parts[1:], strict=True):
        pieces += (number, part)
    return "".join(pieces)
