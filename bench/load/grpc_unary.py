"""Unary calls over grpc.aio with bytes as they are: `python -m bench.load.grpc_unary REQUEST_FILE`."""

import asyncio
import sys
from itertools import count

import grpc

from bench.load.closed_loop import Load, closed_loop
from bench.load.request import Request


async def run(request: Request) -> Load:
    """One run."""
    numbers = count()
    metadata = tuple(request.headers.items())
    async with grpc.aio.insecure_channel(request.target) as channel:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(request.method)
        return await closed_loop(
            lambda: call(request.body_bytes(next(numbers)), metadata=metadata), request.callers, request.seconds
        )


if __name__ == "__main__":
    asyncio.run(run(Request.load(sys.argv[1]))).print()
