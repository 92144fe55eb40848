"""Reads a listing over gRPC to its end, or as far as the time reaches, waiting between messages:
`python -m bench.load.grpc_listing REQUEST_FILE`; `seconds` of the request is the wait per message.

A reader that waits shows what the server does while nobody takes its answer.
"""

import asyncio
import json
import sys
import time

import grpc

from bench.load.request import Request
from shared.grpc.generated.data_kernel.v1.document_pb2 import ListDocumentsResponse

LIMIT_S = 60.0


async def run(request: Request) -> dict[str, float]:
    """How many documents came, and how many a second."""
    found = 0
    began_s = time.perf_counter()
    async with grpc.aio.insecure_channel(request.target) as channel:
        call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(request.method)
        stream = call(request.body_bytes(0), metadata=tuple(request.headers.items()))
        async for message in stream:
            found += len(ListDocumentsResponse.FromString(message).batch.documents)
            if time.perf_counter() - began_s > LIMIT_S:
                stream.cancel()
                break
            await asyncio.sleep(request.seconds)
    elapsed_s = time.perf_counter() - began_s
    return {"documents": found, "documents_per_s": found / elapsed_s}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Request.load(sys.argv[1])))))
