"""Several JSON objects in one body, one after another without commas, as TerminusDB takes them."""

import asyncio
import re

from shared.canonical import Json, decode
from shared.errors import TooLarge

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\]]', re.DOTALL)
_SEVERAL = 2
_LARGE_BYTES = 256 * 1024


def decode_several(text: bytes, limit: int) -> list[Json] | None:
    """The values of a text of several objects, at most `limit` (`TooLarge`); `None` where it is no such text.

    `InvalidInput` names what is wrong by the object's number.
    """
    parts = concatenated(text, limit)
    if len(parts) < _SEVERAL:
        return None
    return [decode(part, field=f"body/{number}") for number, part in enumerate(parts)]


def concatenated(text: bytes, limit: int) -> list[bytes]:
    """The objects and arrays of a text that follow one another at its top, unread; what stands between them is left
    with the part that follows, so that whoever reads it finds it wrong. Empty where the brackets do not match."""
    parts: list[bytes] = []
    start = depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in b"{[":
            depth += 1
        elif token[0] in b"}]":
            depth -= 1
            if depth == 0:
                _refuse_more(parts, limit)
                parts.append(text[start : token.end()])
                start = token.end()
        if depth < 0:
            return []
    return parts if depth == 0 and not text[start:].strip() else []


def _refuse_more(parts: list[bytes], limit: int) -> None:
    if len(parts) >= limit:
        raise TooLarge(f"documents: more than {limit}", field="documents")


async def read_several(text: bytes, limit: int) -> list[Json] | None:
    """As `decode_several`; a large text is read aside, so that other calls go on."""
    if len(text) < _LARGE_BYTES:
        return decode_several(text, limit)
    return await asyncio.to_thread(decode_several, text, limit)
