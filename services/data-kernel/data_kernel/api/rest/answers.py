"""What the routes answer with."""

import base64
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime

from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from data_kernel.application.ports import WriteOutcome
from data_kernel.domain.branches import is_read_only
from data_kernel.domain.commits import Commit
from data_kernel.domain.databases import Branch, State
from data_kernel.domain.documents import Change
from data_kernel.domain.times import rfc3339
from shared.canonical import Json, encode

CACHE_CONTROL = "private, no-cache"
NEXT_PAGE_TOKEN = "X-Next-Page-Token"  # noqa: S105 - a header's name
COMMIT = "X-Commit"
BRANCH = "X-Branch"

PAGE_HEADERS: dict[str, object] = {
    COMMIT: {"description": "The commit that was read.", "schema": {"type": "string"}},
    NEXT_PAGE_TOKEN: {"description": "Where documents are left: the next page's token.", "schema": {"type": "string"}},
}


def state_headers(state: State) -> dict[str, str]:
    """Which state was read: its commit, absent before the first one, and its branch where one was named."""
    named = {COMMIT: state.commit or "", **_branch_header(state.branch or ""), "Cache-Control": CACHE_CONTROL}
    return {name: value for name, value in named.items() if value}


def _branch_header(branch: str) -> dict[str, str]:
    """A name that no header can carry, which a `free` database takes, goes as base64, as it does in requests."""
    if branch.isascii() and branch.isprintable() and branch == branch.strip():
        return {BRANCH: branch}
    return {f"{BRANCH}-Bin": base64.b64encode(branch.encode()).decode()}


def json_response(value: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer in canonical form."""
    return Response(encode(value), status, headers, media_type="application/json")


def write_response(outcome: WriteOutcome, *, many: bool, status: int = 200) -> Response:
    """What a write did: `id` for one document, `ids` for a list."""
    written: dict[str, Json] = {"ids": list(outcome.ids)} if many else {"id": outcome.ids[0]}
    return json_response(
        {**written, "commit": outcome.commit, "branch": outcome.branch, "changed": outcome.changed}, status
    )


def move_json(outcome: WriteOutcome) -> dict[str, Json]:
    """Where a branch is after a move."""
    return {"commit": outcome.commit, "branch": outcome.branch, "changed": outcome.changed}


def utc(time: datetime | None) -> str | None:
    """The time in RFC 3339, or nothing."""
    return None if time is None else rfc3339(time)


def commit_json(commit: Commit) -> dict[str, Json]:
    """One commit."""
    return {
        "id": commit.id,
        "parents": list(commit.parents),
        "branch": commit.branch,
        "author": commit.author,
        "actor": commit.actor,
        "message": commit.message,
        "method": commit.method,
        "route": commit.route,
        "service": commit.service,
        "trace_id": commit.trace_id,
        "time": utc(commit.time),
    }


def branch_json(branch: Branch) -> dict[str, Json]:
    """One branch."""
    return {
        "name": branch.name,
        "head": branch.head,
        "head_time": utc(branch.head_time),
        "incarnation": branch.incarnation,
        "read_only": is_read_only(branch.name),
        "created_at": utc(branch.created_at),
    }


def change_line(change: Change) -> bytes:
    """One difference as a line of NDJSON; `before` and `after` are the documents, `null` where there is none."""
    return b'{"id":%b,"type":%b,"kind":%b,"before":%b,"after":%b}\n' % (
        encode(change.id),
        encode(change.type),
        encode(change.kind.value),
        change.before or b"null",
        change.after or b"null",
    )


class NdjsonResponse(StreamingResponse):
    """A stream of JSON lines; when the client goes away, so does what feeds it."""

    def __init__(self, lines: AsyncGenerator[bytes, None], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(lines, headers=headers, media_type="application/x-ndjson")
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines, and close their source however that ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._lines.aclose()
