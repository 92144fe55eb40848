"""HTTP requests by httpx2: `python -m bench.load.http_httpx REQUEST_FILE`."""

import asyncio
import sys

import httpx2

from bench.load.closed_loop import Load, closed_loop
from bench.load.request import Request


async def run(request: Request) -> Load:
    """One run."""
    async with httpx2.AsyncClient(trust_env=False, headers=request.headers) as client:

        async def call() -> None:
            answer = await client.request(request.method, request.target, content=request.body_bytes(0) or None)
            answer.raise_for_status()

        return await closed_loop(call, request.callers, request.seconds)


if __name__ == "__main__":
    asyncio.run(run(Request.load(sys.argv[1]))).print()
