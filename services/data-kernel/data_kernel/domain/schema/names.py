"""What a class, an enum or a property may be called, and how class documents name one another."""

import re
from collections.abc import Callable

from data_kernel.domain.prefixes import STANDARD
from shared.canonical import Json

_MAX_NAME_BYTES = 200
_FORBIDDEN = re.compile(r"[\s/#:%\x00-\x1f\x7f-\x9f]")
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

Short = Callable[[str], str]
"""Makes the short form of a name."""


def why_not_a_name(text: str) -> str | None:
    """What keeps a text from being a name, which may begin with a prefix (`ex:Thing`); `None` where nothing does."""
    if not text or text.startswith("@"):
        return "A name is not empty and does not begin with @."
    if len(text.encode()) > _MAX_NAME_BYTES:
        return f"A name has at most {_MAX_NAME_BYTES} bytes."
    prefix, colon, rest = text.partition(":")
    if colon and (not _PREFIX.fullmatch(prefix) or prefix in STANDARD):
        return "What stands before the colon of a name is a prefix of the context."
    if _FORBIDDEN.search(rest if colon else text) or (colon and not rest):
        return "A name holds no blanks, no control characters and none of / # : %."
    return None


def with_short_names(document: dict[str, Json], short: Short) -> dict[str, Json]:
    """A class document with every class, property and datatype that it names in its short form."""
    return {_member(member, short): _value(member, value, short) for member, value in document.items()}


def _member(member: str, short: Short) -> str:
    return member if member.startswith("@") else short(member)


def _value(member: str, value: Json, short: Short) -> Json:
    match member:
        case "@id" | "@inherits" | "@fields" | "@class":
            return _names(value, short)
        case "@key":
            return with_short_names(value, short) if isinstance(value, dict) else value
        case "@oneOf":
            several = value if isinstance(value, list) else [value]
            read: list[Json] = [with_short_names(each, short) if isinstance(each, dict) else each for each in several]
            return read if isinstance(value, list) else read[0]
    return value if member.startswith("@") else _range(value, short)


def _range(value: Json, short: Short) -> Json:
    """A property's type: a name, or a family of values of a named one."""
    return with_short_names(value, short) if isinstance(value, dict) else _names(value, short)


def _names(value: Json, short: Short) -> Json:
    if isinstance(value, list):
        return [_names(each, short) for each in value]
    return short(value) if isinstance(value, str) else value
