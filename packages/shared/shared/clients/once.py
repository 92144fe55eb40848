"""Writes that are done once, however often they are tried."""

from uuid import uuid4

from shared.context import current
from shared.database.interfaces import WriteOptions


def once(options: WriteOptions) -> WriteOptions:
    """The options with an idempotency key: the caller's, the context's, or a new one for this call."""
    key = options.get("idempotency_key") or current().idempotency_key or uuid4().hex
    return {**options, "idempotency_key": key}
