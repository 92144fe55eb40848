"""Where an event goes in JetStream: one function for the gateway and for whoever falls back to JetStream directly.

Subject: `oms.<type>.<partition token>`. The token is the event's `partitionkey` as one NATS token, so that events of a
partition share a subject and with it JetStream's order. Escaping is a bijection for keys of up to 256 bytes; a longer
key becomes a hash, which cannot be turned back: compare tokens, not keys.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cloudevents.core.v1.event import CloudEvent

from shared.errors import InvalidInput

STREAM = "OMS_EVENTS"
SUBJECT_PREFIX = "oms"
PARTITION_ATTRIBUTE = "partitionkey"
MAX_ESCAPED_KEY_BYTES = 256
TYPE_PATTERN = r"^[a-z0-9]+(\.[a-z0-9_]+)*$"
MAX_TYPE_LENGTH = 256

_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_EMPTY_TOKEN = "="  # noqa: S105 - a NATS token, no secret
_HASH_MARK = "=h"
_ESCAPED_BYTE = re.compile(r"=([0-9A-F]{2})")
_TYPE = re.compile(TYPE_PATTERN)
_TYPE_FILTER = re.compile(r"^[a-z0-9]+(\.[a-z0-9_]+)*(\.\*)?$")


@dataclass(frozen=True, slots=True)
class Route:
    """Stream, subject and `Nats-Msg-Id` of an event."""

    stream: str
    subject: str
    message_id: str


def route(event: CloudEvent) -> Route:
    """Where a valid event goes; a function of its type, partition key, source and id alone."""
    return Route(
        stream=STREAM,
        subject=f"{SUBJECT_PREFIX}.{event.get_type()}.{partition_token(partition_key(event))}",
        message_id=message_id(event.get_source(), event.get_id()),
    )


def partition_key(event: CloudEvent) -> str:
    """The event's partition; events without one share the partition of the empty key."""
    key = event.get_extension(PARTITION_ATTRIBUTE)
    return "" if key is None else str(key)


def message_id(source: str, event_id: str) -> str:
    """`Nats-Msg-Id`: SHA-256 in hex over source, a zero byte and id; a valid source holds no zero byte."""
    return hashlib.sha256(source.encode() + b"\0" + event_id.encode()).hexdigest()


def partition_token(key: str) -> str:
    """The key as one NATS token of `A-Za-z0-9-_=`: other bytes of its UTF-8 are `=` and two hexadecimal digits."""
    data = key.encode()
    if not data:
        return _EMPTY_TOKEN
    if len(data) > MAX_ESCAPED_KEY_BYTES:
        return _HASH_MARK + hashlib.sha256(data).hexdigest()
    return "".join(chr(byte) if byte in _SAFE else f"={byte:02X}" for byte in data)


def partition_key_of_token(token: str) -> str | None:
    """The key of a token that `partition_token` made; `None` where the token is a hash. InvalidInput for others."""
    if token == _EMPTY_TOKEN:
        return ""
    if token.startswith(_HASH_MARK):
        return None
    try:
        key = bytes(_unescaped(token)).decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("the partition token is not UTF-8", field="subject") from error
    if partition_token(key) != token:
        raise InvalidInput("the partition token is not in its one form", field="subject")
    return key


def _unescaped(token: str) -> bytearray:
    data = bytearray()
    position = 0
    while position < len(token):
        if escaped := _ESCAPED_BYTE.match(token, position):
            data.append(int(escaped[1], 16))
            position = escaped.end()
        elif ord(token[position]) in _SAFE:
            data.append(ord(token[position]))
            position += 1
        else:
            raise InvalidInput("the partition token holds a character that is never in one", field="subject")
    return data


def subject_filters(types: Sequence[str] = (), key: str = "") -> list[str]:
    """The NATS subjects to which a subscription to these types (exact, or a prefix with `.*`) and partition listens.

    They may let more through than asked, never less: with a prefix, NATS can name neither the partition nor the type's
    end. `accepts` tells for each subject. InvalidInput for a type that is none.
    """
    token = partition_token(key) if key else "*"
    filters = []
    for name in dict.fromkeys(types):
        if len(name) > MAX_TYPE_LENGTH or not _TYPE_FILTER.fullmatch(name):
            raise InvalidInput("an event type is lower-case words with dots, or such a prefix with .*", field="types")
        prefixed = name.removesuffix(".*")
        filters.append(f"{SUBJECT_PREFIX}.{prefixed}.{token if prefixed == name else '>'}")
    return _disjoint(filters) or [f"{SUBJECT_PREFIX}.>"]


def accepts(subject: str, types: Sequence[str] = (), key: str = "") -> bool:
    """Whether an event on that subject is of one of the types (none: any) and of the partition (empty: any)."""
    type_name, _, token = subject.removeprefix(f"{SUBJECT_PREFIX}.").rpartition(".")
    if key and token != partition_token(key):
        return False
    return not types or any(_type_matches(type_name, wanted) for wanted in types)


def _type_matches(type_name: str, wanted: str) -> bool:
    if wanted.endswith(".*"):
        return type_name.startswith(wanted[:-1])
    return type_name == wanted


def _disjoint(filters: list[str]) -> list[str]:
    """Without the filters that another one covers: JetStream refuses a consumer whose filters overlap."""
    prefixes = [name[:-1] for name in filters if name.endswith(".>")]
    return [
        name for name in filters if not any(name.startswith(prefix) and name != f"{prefix}>" for prefix in prefixes)
    ]


def is_event_type(text: str) -> bool:
    """Whether the text is an event type: lower-case words with dots, at most 256 characters."""
    return len(text) <= MAX_TYPE_LENGTH and _TYPE.fullmatch(text) is not None
