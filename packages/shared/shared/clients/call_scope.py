"""What a client call was told goes before what the context says, on every way the context travels."""

from contextlib import AbstractContextManager
from dataclasses import replace

from shared import context
from shared.context import CallContext


def call_scope(
    *,
    database: str | None = None,
    branch: str | None = None,
    message: str | None = None,
    idempotency_key: str | None = None,
) -> AbstractContextManager[CallContext]:
    """The context of one call to a peer: the current one with what is given here in its place.

    A peer refuses metadata that contradict the request, so what the request says has to be in both.
    """
    now = context.current()
    return context.use(
        replace(
            now,
            database=database or now.database,
            branch=branch or now.branch,
            commit_message=message or now.commit_message,
            idempotency_key=idempotency_key or now.idempotency_key,
        )
    )
