"""Bulk import: lines of JSON in, lines of progress out."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from oms.api.rest.calls import UseCases, Writing
from oms.application.bulk_import import ImportOptions, Progress
from oms.domain.import_lines import Refusal
from oms.domain.object_types import TypeName
from shared.canonical import Json, encode
from shared.errors import TooLarge
from shared.http.problems import problem_body

PATH = "/api/v1/objects/{type_name}/import"
NDJSON = "application/x-ndjson"
router = APIRouter(tags=["objects"])
_BODY = {"requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}}}
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "Progress", "content": {NDJSON: {"schema": {"type": "string"}}}}
}


@router.post(PATH, response_class=StreamingResponse, openapi_extra=_BODY, responses=_ANSWER)
async def import_objects(
    request: Request,
    type_name: TypeName,
    oms: UseCases,
    options: Writing,
    atomic: Annotated[bool, Query(description="one commit for all lines, or none")] = False,
    skip: Annotated[int, Query(ge=0, description="lines to leave out: the `line` of an earlier import")] = 0,
) -> StreamingResponse:
    """Create or replace objects, one a line, with a commit for every 1 000 objects or 2.5 MB.

    The answer is a line for each refused one (`line`, `reason`, `detail`, `violations`) and one for each commit
    (`line`: how many are dealt with, `written`, `failed`, `commit`, `branch`). The last has `done`: true, or false with
    an `error` (a problem); then `skip=<line>` goes on.
    """
    lines = _lines(request.stream(), request.state.limits.document_bytes)
    steps = oms.bulk_import.run(type_name, lines, ImportOptions(skip, atomic), options)
    first = await anext(steps)
    if isinstance(first, Progress) and first.error is not None:
        raise first.error
    return _WhileReading(_answer(first, steps), media_type=NDJSON)


class _WhileReading(StreamingResponse):
    """A stream that is sent while the request's body still comes in.

    Starlette's own listens for the client's leaving meanwhile, and so takes the body's parts away from whoever reads
    it. Here the one who reads finds out.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as Starlette has it
        try:
            await self.stream_response(send)
        except ClientDisconnect:
            # What is committed stays; the client comes back with `skip`.
            structlog.get_logger(__name__).info("import_left")


async def _answer(
    first: Refusal | Progress, steps: AsyncGenerator[Refusal | Progress, None]
) -> AsyncGenerator[bytes, None]:
    async with aclosing(steps):
        yield _line(first)
        async for step in steps:
            yield _line(step)


def _line(step: Refusal | Progress) -> bytes:
    return encode(_refusal(step) if isinstance(step, Refusal) else _progress(step)) + b"\n"


def _refusal(refusal: Refusal) -> Json:
    violations: list[Json] = [{"path": v.path, "rule": v.rule, "message": v.message} for v in refusal.violations]
    return {"line": refusal.line, "reason": refusal.reason, "detail": refusal.detail, "violations": violations}


def _progress(progress: Progress) -> Json:
    told: dict[str, Json] = {
        "line": progress.line,
        "written": progress.written,
        "failed": progress.failed,
        "commit": progress.commit,
        "branch": progress.branch,
    }
    if progress.done or progress.error is not None:
        told["done"] = progress.done
    if progress.error is not None:
        told["error"] = problem_body(progress.error)
    return told


async def _lines(stream: AsyncIterator[bytes], limit_bytes: int) -> AsyncIterator[bytes]:
    """The lines of a body; TooLarge where one does not end within the limit."""
    begun: list[bytes] = []
    begun_bytes = 0
    async for chunk in stream:
        first, *others = chunk.split(b"\n")
        begun.append(first)
        begun_bytes += len(first)
        if others:
            yield b"".join(begun)
            for line in others[:-1]:
                yield line
            begun, begun_bytes = [others[-1]], len(others[-1])
        if begun_bytes > limit_bytes:
            raise TooLarge(f"a line has more than {limit_bytes} bytes", field="body")
    if begun_bytes:
        yield b"".join(begun)
