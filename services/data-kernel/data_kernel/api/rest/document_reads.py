"""Reading documents over REST."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response

from data_kernel.api.rest.answers import NEXT_PAGE_TOKEN, PAGE_HEADERS, NdjsonResponse, state_headers
from data_kernel.api.rest.inputs import TheKernel, TheRevision
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.application.reads import Documents, ListQuery
from shared.context import current
from shared.errors import InvalidInput
from shared.limits import MB

PAGE_BYTES = 16 * MB

IfNoneMatch = Annotated[str, Header(description="Tags the caller has; 304 where the document still has one of them.")]


@dataclass(frozen=True, slots=True)
class Window:
    """Which documents of a state are listed, and whether as one page."""

    type: Annotated[str, Query(description="Class name. Empty: all.")] = ""
    skip: Annotated[int, Query(ge=0)] = 0
    count: Annotated[int | None, Query(ge=1, description="At most so many documents, one page at most.")] = None
    as_list: Annotated[bool, Query(description="An array instead of NDJSON.")] = False
    page_token: str = ""

    @property
    def is_page(self) -> bool:
        """Whether the answer is one page instead of a stream of everything."""
        return self.as_list or self.count is not None or bool(self.page_token)


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["documents"])
    routes.add_api_route(
        "/db/{db}/doc/{id:path}", get_document, methods=["GET"], response_class=Response, summary="One document"
    )
    routes.add_api_route(
        "/db/{db}/doc",
        get_documents,
        methods=["GET"],
        response_class=Response,
        summary="Documents of one state, in order of id bytes",
        description=(
            "Without `count`, `as_list` or `page_token` the answer is an NDJSON stream of everything. With one of them "
            "it is one page of at most `count` documents and 16 MB (NDJSON, or an array with `as_list`), read before "
            "it is sent: where documents are left, its header `X-Next-Page-Token` continues at the same commit. "
            "With `id` the answer is that one document."
        ),
        responses={200: {"headers": PAGE_HEADERS, "content": {"application/x-ndjson": {}, "application/json": {}}}},
    )
    return routes


async def get_document(
    kernel: TheKernel,
    db: str,
    id: str,
    revision: TheRevision,
    if_none_match: IfNoneMatch = "",
) -> Response:
    """One document by id; the id is percent-encoded once."""
    return await document_response(kernel, db, id, revision, if_none_match)


async def get_documents(
    kernel: TheKernel,
    db: str,
    revision: TheRevision,
    window: Annotated[Window, Depends()],
    id: Annotated[str, Query(description="One document's id; then nothing else is taken.")] = "",
    if_none_match: IfNoneMatch = "",
) -> Response:
    """A listing, or one document by `?id=`."""
    if id:
        return await document_response(kernel, db, id, revision, if_none_match)
    query = ListQuery(
        database=db,
        revision=revision,
        type_name=window.type,
        skip=window.skip,
        count=_page_size(kernel, window.count) if window.is_page else None,
        page_token=window.page_token,
        max_bytes=PAGE_BYTES if window.is_page else None,
    )
    listing = await kernel.reads.listing(query, current())
    if not window.is_page:
        return NdjsonResponse(_lines(listing), state_headers(listing.state))
    return await _page(listing, as_list=window.as_list)


async def document_response(
    kernel: Kernel, database: str, document_id: str, revision: NamedRevision, if_none_match: str
) -> Response:
    """One document with its tag, or 304 where the caller has it."""
    found, document = await kernel.reads.get_one(database, revision, document_id, current())
    tag = found.etag(document)
    headers = {"ETag": tag, **state_headers(found.state)}
    if _has(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(document.body, headers=headers, media_type="application/json")


def _has(if_none_match: str, tag: str) -> bool:
    """Weak comparison, as RFC 9110 has it for If-None-Match."""
    tags = {entry.strip().removeprefix("W/") for entry in if_none_match.split(",")}
    return "*" in tags or tag in tags


def _page_size(kernel: Kernel, count: int | None) -> int:
    limit = kernel.settings.limits.page_size
    if count is not None and count > limit:
        raise InvalidInput(f"count: {count} is more than {limit}; leave it out to stream everything", field="count")
    return count or limit


async def _page(listing: Documents, *, as_list: bool) -> Response:
    async with aclosing(listing.batches()) as batches:
        bodies = [document.body async for batch in batches for document in batch]
    headers = state_headers(listing.state)
    if listing.next_page_token:
        headers[NEXT_PAGE_TOKEN] = listing.next_page_token
    if as_list:
        return Response(b"[" + b",".join(bodies) + b"]", headers=headers, media_type="application/json")
    return Response(b"".join(body + b"\n" for body in bodies), headers=headers, media_type="application/x-ndjson")


async def _lines(listing: Documents) -> AsyncGenerator[bytes, None]:
    async with aclosing(listing.batches()) as batches:
        async for batch in batches:
            yield b"".join(document.body + b"\n" for document in batch)
