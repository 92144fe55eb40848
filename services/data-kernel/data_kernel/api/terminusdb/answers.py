"""The forms in which documents are answered: a stream of objects, one a line, or one array."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from fastapi.responses import Response

from data_kernel.api.rest.answers import CACHE_CONTROL, NdjsonResponse
from data_kernel.api.terminusdb.parameters import DATA_VERSION
from data_kernel.api.terminusdb.refusing.envelope import JSON
from data_kernel.api.terminusdb.resources import Resource
from shared.canonical import Json, encode

STREAM = "application/json; stream=true; charset=UTF-8"
CHANGED = "X-Oms-Changed"
BRANCH = "X-Oms-Branch"

Bodies = AsyncGenerator[list[bytes], None]
"""Documents as JSON texts, in batches."""


def json_answer(value: Json, headers: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(encode(value), status, headers={"content-type": JSON, **(headers or {})})


def success(
    kind: str,
    headers: Mapping[str, str] | None = None,
    *,
    told: Mapping[str, Json] | None = None,
    beside: Mapping[str, Json] | None = None,
) -> Response:
    """The answer of an operation that has no other result; `told` gets names that begin with `api:`, `beside` not."""
    members: dict[str, Json] = {f"api:{name}": each for name, each in (told or {}).items()}
    return json_answer({"@type": kind, "api:status": "api:success", **members, **(beside or {})}, headers)


def version_headers(resource: Resource, commit: str | None) -> dict[str, str]:
    """The data version of a state; none before the first commit."""
    version = resource.version(commit)
    return {DATA_VERSION: version} if version else {}


def branch_headers(branch: str) -> dict[str, str]:
    """The branch's full name, where a header can carry it."""
    return {BRANCH: branch} if branch.isascii() and branch.isprintable() else {}


def documents_answer(bodies: Bodies, headers: Mapping[str, str], *, as_list: bool) -> Response:
    """Documents as they are read, never all in memory."""
    lines, content_type = (_array(bodies), JSON) if as_list else (_stream(bodies), STREAM)
    return NdjsonResponse(lines, {**headers, "content-type": content_type, "cache-control": CACHE_CONTROL})


async def _stream(bodies: Bodies) -> AsyncGenerator[bytes, None]:
    async with aclosing(bodies) as batches:
        async for batch in batches:
            yield b"".join(body + b"\n" for body in batch)


async def _array(bodies: Bodies) -> AsyncGenerator[bytes, None]:
    opening = b"["
    async with aclosing(bodies) as batches:
        async for batch in batches:
            if batch:
                yield opening + b",\n".join(batch)
                opening = b",\n"
    yield b"]\n" if opening != b"[" else b"[]\n"


async def encoded(documents: AsyncGenerator[list[dict[str, Json]], None]) -> Bodies:
    """Documents that are made as they are read."""
    async with aclosing(documents) as batches:
        async for batch in batches:
            yield [encode(document) for document in batch]


async def at_once(bodies: list[bytes]) -> Bodies:
    """Documents that are in memory already."""
    yield bodies
