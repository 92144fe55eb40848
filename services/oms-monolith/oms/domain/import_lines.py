"""Lines of an import: what each holds, and by which id the store will know it."""

import secrets
from dataclasses import dataclass
from urllib.parse import quote

from oms.domain.object_types import BaseType, ObjectType
from shared.canonical import Json, decode
from shared.errors import InvalidInput, OmsError, TooLarge, Violation

# How the store writes a value into a lexical key, as TerminusDB does.
_KEY_SAFE = "!$&'()*,;=@~"
_RANDOM_BYTES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One object of an import; `own_id` is empty where the store alone can tell it."""

    number: int
    document: Json
    own_id: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was not written, and why; lines are counted from 1."""

    line: int
    reason: str
    detail: str
    violations: tuple[Violation, ...] = ()

    @classmethod
    def of(cls, line: int, error: OmsError) -> "Refusal":
        """What an error says about one line."""
        return cls(line, error.reason.value, error.detail, error.violations)


def read_line(object_type: ObjectType, number: int, text: bytes, limit_bytes: int) -> Line | Refusal:
    """The object of one line, or what keeps it from being one."""
    try:
        if len(text) > limit_bytes:
            raise TooLarge(f"the line has {len(text)} bytes, the limit is {limit_bytes}", field="body")
        value = decode(text, field="line")
        if not isinstance(value, dict):
            raise InvalidInput("a line is a JSON object", field="line")
        if value.get("@type", object_type.name) != object_type.name:
            raise InvalidInput("the line's @type is not the one in the address", field="line/@type")
    except (InvalidInput, TooLarge) as error:
        return Refusal.of(number, error)
    document: dict[str, Json] = {**value, "@type": object_type.name}
    own_id = _own_id(object_type, document)
    if not object_type.primary_key and "@id" not in document:
        # Named here, so that what the store says about one of many objects can be told of its line.
        own_id = f"{object_type.name}/{secrets.token_urlsafe(_RANDOM_BYTES)}"
        document["@id"] = own_id
    return Line(number, document, own_id, len(text))


def _own_id(object_type: ObjectType, document: dict[str, Json]) -> str:
    given = document.get("@id")
    if isinstance(given, str):
        return given
    types = {each.name: each.base_type for each in object_type.properties}
    parts = [_key_part(types[name], document.get(name)) for name in object_type.primary_key]
    return f"{object_type.name}/{'+'.join(parts)}" if all(parts) else ""


def _key_part(base_type: BaseType, value: Json) -> str:
    """The value as a part of the key; empty where its text is the store's to make."""
    match base_type, value:
        case BaseType.STRING, str(text):
            return quote(text, safe=_KEY_SAFE)
        case BaseType.BOOLEAN, bool(truth):
            return "true" if truth else "false"
        case BaseType.INTEGER, int(number) if not isinstance(number, bool):
            return str(number)
    return ""
