"""Following a branch over REST: its movements as NDJSON or as server-sent events, resumable by their cursor."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from data_kernel.api.rest.answers import NdjsonResponse, commit_json, utc
from data_kernel.api.rest.inputs import BranchParameter, TheKernel
from data_kernel.application.changes import Movement
from data_kernel.application.streams import closing
from data_kernel.domain.commits import Cursor
from shared.canonical import Json, encode
from shared.context import current
from shared.errors import InvalidInput

EVENT_STREAM = "text/event-stream"
_CURSOR = re.compile(r"(\d{1,18})\.(\d{1,18})")


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["history"])
    routes.add_api_route("/db/{db}/changes", get_changes, methods=["GET"], response_class=Response)
    return routes


async def get_changes(
    kernel: TheKernel,
    db: str,
    branch: BranchParameter = "",
    since: Annotated[str, Query(description="Cursor `<incarnation>.<number>` of the last movement seen.")] = "",
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str, Header(description="As `since`, sent by browsers that come back.")] = "",
) -> Response:
    """Movements of a branch in order, those past and those to come; ends only when the client leaves.

    NDJSON, or server-sent events where `Accept` is `text/event-stream`: `{cursor, branch, cause, old_head, new_head,
    time, actor, commit}`. A cursor that the branch's log does not have is `Gone`: begin anew, without one.
    """
    movements = await kernel.history.watch(db, branch, _cursor(since or last_event_id), current())
    if EVENT_STREAM in accept:
        return _EventStream(_events(movements))
    return NdjsonResponse(_lines(movements))


class _EventStream(NdjsonResponse):
    """The same stream for browsers."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        super().__init__(events, {"content-type": EVENT_STREAM, "cache-control": "no-store"})


def _cursor(text: str) -> Cursor:
    if not text:
        return Cursor()
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise InvalidInput("since: a cursor is <incarnation>.<number>", field="since")
    return Cursor(int(match[1]), int(match[2]))


async def _lines(movements: AsyncIterator[Movement]) -> AsyncGenerator[bytes, None]:
    async with closing(movements) as source:
        async for movement in source:
            yield _json(movement) + b"\n"


async def _events(movements: AsyncIterator[Movement]) -> AsyncGenerator[bytes, None]:
    async with closing(movements) as source:
        async for movement in source:
            yield b"id: %b\ndata: %b\n\n" % (_cursor_text(movement).encode(), _json(movement))


def _cursor_text(movement: Movement) -> str:
    return f"{movement.update.incarnation}.{movement.update.number}"


def _json(movement: Movement) -> bytes:
    update = movement.update
    line: dict[str, Json] = {
        "cursor": _cursor_text(movement),
        "branch": update.branch,
        "cause": update.cause.value,
        "old_head": update.old_head,
        "new_head": update.new_head,
        "time": utc(update.time),
        "actor": update.actor,
        "commit": commit_json(movement.commit) if movement.commit else None,
    }
    return encode(line)
