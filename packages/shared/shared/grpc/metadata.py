"""The call's metadata: what passes from hop to hop, and nothing else."""

from collections.abc import Iterable

from shared.errors import InvalidInput

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

_TEXT_KEYS = (AUTHOR, BRANCH, COMMIT_MESSAGE)
BINARY_SUFFIX = "-bin"
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


def whitelisted(metadata: Iterable[Metadatum]) -> list[Metadatum]:
    """The entries that may pass."""
    return [(key, value) for key, value in metadata if key in WHITELIST]


def merge_field(name: str, field_value: str, metadata_value: str) -> str:
    """The value of a message field that metadata may also set: either, or both if equal, else InvalidInput."""
    if field_value and metadata_value and field_value != metadata_value:
        raise InvalidInput(f"{name} is set both in the message and in the metadata, to different values", field=name)
    return field_value or metadata_value
