"""JSON over HTTP with exact numbers."""

from collections.abc import AsyncGenerator

import httpx2

from shared.canonical import Json, decode


def json_of(response: httpx2.Response) -> Json:
    """The JSON of an answer that was read."""
    return decode(response.content, field="answer")


async def ndjson(response: httpx2.Response) -> AsyncGenerator[Json, None]:
    """The values of a streamed answer, one a line; blank lines are left out.

    Lines end with a line feed alone: JSON texts may hold the other separators that httpx would split at.
    """
    rest = b""
    async for chunk in response.aiter_bytes():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield decode(line, field="answer")
    if rest.strip():
        yield decode(rest, field="answer")
