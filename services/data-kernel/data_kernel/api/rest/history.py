"""The past over REST: commits, and differences between two states."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from data_kernel.api.rest.answers import CACHE_CONTROL, NdjsonResponse, change_line, commit_json, json_response
from data_kernel.api.rest.inputs import BranchParameter, TheKernel, TheRevision
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.streams import closing
from data_kernel.domain.documents import Change, Graph
from shared.context import current

if TYPE_CHECKING:
    from shared.canonical import Json


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["history"])
    routes.add_api_route("/db/{db}/log", get_log, methods=["GET"], response_class=Response)
    routes.add_api_route("/db/{db}/history/{id:path}", get_history, methods=["GET"], response_class=Response)
    routes.add_api_route("/db/{db}/diff", get_diff, methods=["GET"], response_class=Response)
    return routes


async def get_log(
    kernel: TheKernel,
    db: str,
    revision: TheRevision,
    count: Annotated[int, Query(ge=0, description="At most so many commits. 0: 100.")] = 0,
    page_token: str = "",
) -> Response:
    """One page of commits, newest first: `{commits, next_page_token?}`."""
    page = await kernel.history.log(db, revision, current(), count=count, page_token=page_token)
    body: dict[str, Json] = {"commits": [commit_json(commit) for commit in page.commits]}
    if page.next_page_token:
        body["next_page_token"] = page.next_page_token
    return json_response(body)


async def get_history(
    kernel: TheKernel,
    db: str,
    id: str,
    revision: TheRevision,
    count: Annotated[int, Query(ge=0, description="At most so many entries. 0: 100.")] = 0,
    page_token: str = "",
) -> Response:
    """The commits that changed a document, newest first: `{entries: [{commit, kind}], next_page_token?}`."""
    page = await kernel.history.of_document(db, id, revision, current(), count=count, page_token=page_token)
    entries: list[Json] = [
        {"commit": commit_json(each.commit), "kind": each.change.kind.value} for each in page.entries
    ]
    body: dict[str, Json] = {"entries": entries}
    if page.next_page_token:
        body["next_page_token"] = page.next_page_token
    return json_response(body)


async def get_diff(
    kernel: TheKernel,
    db: str,
    from_: Annotated[str, Query(alias="from", description="The earlier state: a commit, a time, a tag or a branch.")],
    to: Annotated[str, Query(description="The later state, likewise. Empty: the head of `branch`.")] = "",
    branch: BranchParameter = "",
    graph: Graph = Graph.INSTANCE,
) -> Response:
    """Differences as NDJSON in order of id bytes: `{id, type, kind, before, after}`."""
    old, new = NamedRevision(branch=branch, rev=from_), NamedRevision(branch=branch, rev=to)
    return NdjsonResponse(
        _lines(await kernel.history.diff(db, old, new, current(), graph)), {"Cache-Control": CACHE_CONTROL}
    )


async def _lines(changes: AsyncIterator[list[Change]]) -> AsyncGenerator[bytes, None]:
    async with closing(changes) as batches:
        async for batch in batches:
            yield b"".join(map(change_line, batch))
