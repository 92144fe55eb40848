"""The call's metadata: what passes from hop to hop, and nothing else."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.context import CallContext
from shared.errors import InvalidInput, TooLarge, Unauthenticated

Metadatum = tuple[str, str | bytes]

AUTHORIZATION = "authorization"
SERVICE_AUTHORIZATION = "x-service-authorization"
TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"
AUTHOR = "author"
BRANCH = "branch"
COMMIT_MESSAGE = "commit-msg"
IDEMPOTENCY_KEY = "idempotency-key"
REQUEST_ID = "x-request-id"
DATABASE = "x-database"
MODEL_VERSION = "model-version"

BINARY_SUFFIX = "-bin"
_TEXT_KEYS = (AUTHOR, BRANCH, COMMIT_MESSAGE)
WHITELIST: frozenset[str] = frozenset(
    {
        TRACEPARENT,
        TRACESTATE,
        AUTHORIZATION,
        SERVICE_AUTHORIZATION,
        IDEMPOTENCY_KEY,
        REQUEST_ID,
        DATABASE,
        MODEL_VERSION,
        *_TEXT_KEYS,
        *(key + BINARY_SUFFIX for key in _TEXT_KEYS),
    }
)
"""Keys that pass; besides them only gRPC's own, which gRPC keeps to itself."""

_ENTRY_OVERHEAD_BYTES = 32  # RFC 9113, section 6.5.2
_PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """What the metadata of a call said."""

    context: CallContext
    service_proof: str


def whitelisted(metadata: Iterable[Metadatum]) -> dict[str, str | bytes]:
    """The entries that may pass; InvalidInput where one key has two values."""
    entries: dict[str, str | bytes] = {}
    for key, value in metadata:
        if key in WHITELIST and entries.setdefault(key, value) != value:
            raise InvalidInput(f"{key} is set twice, to different values", field=key)
    return entries


def check_size(metadata: Iterable[Metadatum], limit_bytes: int) -> None:
    """Raise TooLarge where the metadata exceed the limit, counted as HTTP/2 counts header lists."""
    size = sum(len(key) + len(value) + _ENTRY_OVERHEAD_BYTES for key, value in metadata)
    if size > limit_bytes:
        raise TooLarge(f"metadata take {size} bytes, the limit is {limit_bytes}", field="metadata")


def read_metadata(metadata: Iterable[Metadatum], *, route: str, trace_id: str) -> IncomingCall:
    """What a server takes from the metadata; the caller is not verified yet."""
    entries = whitelisted(metadata)
    context = CallContext(
        author=_text(entries, AUTHOR),
        branch=_text(entries, BRANCH),
        commit_message=_text(entries, COMMIT_MESSAGE),
        database=_plain(entries, DATABASE),
        trace_id=trace_id,
        request_id=_plain(entries, REQUEST_ID),
        idempotency_key=_plain(entries, IDEMPOTENCY_KEY),
        method="RPC",
        route=route,
        bearer_token=_bearer(_plain(entries, AUTHORIZATION)),
    )
    return IncomingCall(context, service_proof=_plain(entries, SERVICE_AUTHORIZATION))


def write_metadata(context: CallContext, *, service_proof: str = "") -> dict[str, str | bytes]:
    """What a client sends of its context; the trace is added by who has the client's span."""
    entries: dict[str, str | bytes] = {}
    if context.bearer_token:
        entries[AUTHORIZATION] = f"Bearer {context.bearer_token}"
    if service_proof:
        entries[SERVICE_AUTHORIZATION] = service_proof
    texts = ((AUTHOR, context.author), (BRANCH, context.branch), (COMMIT_MESSAGE, context.commit_message))
    for key, text in texts:
        if text and _PLAIN.fullmatch(text):
            entries[key] = text
        elif text:
            entries[key + BINARY_SUFFIX] = text.encode("utf-8", "replace")
    plain = (
        (DATABASE, context.database),
        (REQUEST_ID, context.request_id),
        (IDEMPOTENCY_KEY, context.idempotency_key),
    )
    for key, value in plain:
        if not value:
            continue
        if not _PLAIN.fullmatch(value):
            raise InvalidInput(f"{key} may hold printable ASCII alone", field=key)
        entries[key] = value
    return entries


def merge_field(name: str, field_value: str, metadata_value: str) -> str:
    """The value of a message field that metadata may also set: either, or both if equal, else InvalidInput."""
    if field_value and metadata_value and field_value != metadata_value:
        raise InvalidInput(f"{name} is set both in the message and in the metadata, to different values", field=name)
    return field_value or metadata_value


def _plain(entries: Mapping[str, str | bytes], key: str) -> str:
    value = entries.get(key, "")
    if isinstance(value, bytes) or not value.isascii():
        raise InvalidInput(f"{key} may hold ASCII alone", field=key)
    return value


def _text(entries: Mapping[str, str | bytes], key: str) -> str:
    return merge_field(key, _plain(entries, key), _binary(entries, key + BINARY_SUFFIX))


def _binary(entries: Mapping[str, str | bytes], key: str) -> str:
    value = entries.get(key, b"")
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        raise InvalidInput(f"{key} is not UTF-8", field=key) from None


def _bearer(authorization: str) -> str:
    if not authorization:
        return ""
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise Unauthenticated("authorization is not of the form `Bearer <token>`", field=AUTHORIZATION)
    return match.group(1)
