"""The HTTP headers of a call's context: the whitelist, read at the edge and written towards peers.

All other headers end at this hop. A text that plain headers cannot carry (other than printable ASCII) travels as
base64 of its UTF-8 under the same name with `-Bin`, as gRPC's metadata does.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.context import CallContext
from shared.errors import InvalidInput, TooLarge
from shared.limits import Limits

AUTHORIZATION = "authorization"
SERVICE_PROOF = "x-service-authorization"
REQUEST_ID = "x-request-id"
TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"
BINARY_SUFFIX = "-bin"

CONTEXT_HEADERS: Mapping[str, str] = {
    "x-author": "author",
    "x-branch": "branch",
    "x-commit-message": "commit_message",
    "x-database": "database",
    "idempotency-key": "idempotency_key",
    REQUEST_ID: "request_id",
}
"""The attribute of the context that each header carries."""

_BINARY_HEADERS = frozenset(f"{name}{BINARY_SUFFIX}" for name in ("x-author", "x-branch", "x-commit-message"))
_READ = frozenset({AUTHORIZATION, SERVICE_PROOF, TRACEPARENT, TRACESTATE, *CONTEXT_HEADERS, *_BINARY_HEADERS})
_BEARER, _BASIC = "bearer", "basic"
_LINE_BREAKS = frozenset("\n\t")


@dataclass(frozen=True, slots=True)
class CallHeaders:
    """What a request's headers say: the tokens or Basic credentials, and the context's attributes by name."""

    bearer_token: str = field(default="", repr=False)
    basic_credentials: str = field(default="", repr=False)
    service_proof: str = field(default="", repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict)


def read_headers(raw: Iterable[tuple[bytes, bytes]], limits: Limits) -> CallHeaders:
    """The whitelisted headers of an ASGI request (`raw` has lower-case names).

    Raises TooLarge above the limit of metadata, and InvalidInput naming a header that stands twice, is no text or is
    longer than what it names may be.
    """
    values = _whitelisted(raw, limits)
    attributes = {
        attribute: text
        for name, attribute in CONTEXT_HEADERS.items()
        if (name in values or f"{name}{BINARY_SUFFIX}" in values)
        and (text := _text(values, name, _bound(attribute, limits)))
    }
    return CallHeaders(
        _credentials(values, _BEARER),
        _credentials(values, _BASIC),
        values.get(SERVICE_PROOF, b"").decode("latin-1"),
        attributes,
    )


def context_headers(context: CallContext) -> dict[str, str]:
    """The headers that carry a context to a peer; attributes without a value are left out.

    Raises InvalidInput for what no header can carry.
    """
    headers = {}
    for name, attribute in CONTEXT_HEADERS.items():
        value = getattr(context, attribute)
        if not value:
            continue
        if value.isascii() and value.isprintable() and value == value.strip():
            headers[name] = value
        elif f"{name}{BINARY_SUFFIX}" in _BINARY_HEADERS:
            headers[f"{name}{BINARY_SUFFIX}"] = base64.b64encode(_utf8(name, value)).decode()
        else:
            raise InvalidInput(f"{attribute} has a character that a header cannot carry", field=name)
    if context.bearer_token:
        headers[AUTHORIZATION] = f"Bearer {context.bearer_token}"
    return headers


def _utf8(name: str, value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"{name} has a lone surrogate, which is no character", field=name) from None


def _whitelisted(raw: Iterable[tuple[bytes, bytes]], limits: Limits) -> dict[str, bytes]:
    found = [(name.decode("latin-1"), value) for name, value in raw]
    found = [(name, value) for name, value in found if name in _READ]
    size = sum(len(name) + len(value) for name, value in found)
    if size > limits.metadata_bytes:
        raise TooLarge(f"headers: {size} bytes, the limit metadata_bytes is {limits.metadata_bytes}", field="headers")
    twice = [name for name, count in Counter(name for name, _ in found).items() if count > 1 and name != TRACESTATE]
    if twice:
        raise InvalidInput(f"the header {twice[0]} stands more than once", field=twice[0])
    return dict(found)


def _text(values: Mapping[str, bytes], name: str, limit_bytes: int) -> str:
    plain, binary = values.get(name, b""), _decoded(values, f"{name}{BINARY_SUFFIX}")
    if plain and binary and plain != binary:
        raise InvalidInput(f"{name} and {name}{BINARY_SUFFIX} differ", field=name)
    value = binary or plain
    if len(value) > limit_bytes:
        raise InvalidInput(f"{name}: {len(value)} bytes, the limit is {limit_bytes}", field=name)
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(f"{name} is not UTF-8", field=name) from None
    allowed = _LINE_BREAKS if binary else frozenset[str]()
    if f"{name}{BINARY_SUFFIX}" not in _BINARY_HEADERS and not text.isascii():
        raise InvalidInput(f"{name} may hold ASCII alone", field=name)  # no peer could be told
    if not all(character.isprintable() or character in allowed for character in text):
        raise InvalidInput(f"{name} has a character that is not printable", field=name)
    return text


def _decoded(values: Mapping[str, bytes], name: str) -> bytes:
    if name not in _BINARY_HEADERS:
        return b""
    try:
        return base64.b64decode(values.get(name, b""), validate=True)
    except binascii.Error:
        raise InvalidInput(f"{name} is not base64", field=name) from None


def _credentials(values: Mapping[str, bytes], wanted: str) -> str:
    """What the Authorization header carries by the scheme; empty where it is of another one."""
    scheme, _, credentials = values.get(AUTHORIZATION, b"").decode("latin-1").partition(" ")
    return credentials.strip() if scheme.lower() == wanted else ""


def _bound(attribute: str, limits: Limits) -> int:
    bounds = {"branch": limits.free_branch_bytes, "commit_message": limits.message_bytes, "author": limits.id_bytes}
    return bounds.get(attribute, limits.label_bytes)
