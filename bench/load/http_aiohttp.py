"""HTTP requests by aiohttp: `python -m bench.load.http_aiohttp REQUEST_FILE`."""

import asyncio
import sys

import aiohttp

from bench.load.closed_loop import Load, closed_loop
from bench.load.request import Request


async def run(request: Request) -> Load:
    """One run."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=request.headers, connector=connector, raise_for_status=True) as session:

        async def call() -> None:
            async with session.request(request.method, request.target, data=request.body_bytes(0) or None) as answer:
                await answer.read()

        return await closed_loop(call, request.callers, request.seconds)


if __name__ == "__main__":
    asyncio.run(run(Request.load(sys.argv[1]))).print()
