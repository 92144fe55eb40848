"""Loads documents of a file of lines in one stream: `python -m bench.load.grpc_bulk REQUEST_FILE`.

The request's `body` names the file, whose lines are documents.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import grpc

from bench.load.request import Request
from shared.grpc.generated.data_kernel.v1.document_pb2 import (
    PUT_MODE_INSERT,
    BulkPutDocumentsRequest,
    BulkPutDocumentsResponse,
)

_MESSAGE_DOCUMENTS = 500


async def run(request: Request) -> dict[str, float]:
    """Documents a second, from the first message to the answer."""
    messages = list(_messages(Path(request.body)))
    began_s = time.perf_counter()
    async with grpc.aio.insecure_channel(request.target) as channel:
        call: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = channel.stream_unary(request.method)
        answer = await call(iter(messages), metadata=tuple(request.headers.items()))
    documents = BulkPutDocumentsResponse.FromString(answer).documents
    return {"documents": documents, "documents_per_s": documents / (time.perf_counter() - began_s)}


def _messages(file: Path) -> Iterator[bytes]:
    lines = iter(file.read_bytes().splitlines())
    while part := list(islice(lines, _MESSAGE_DOCUMENTS)):
        yield BulkPutDocumentsRequest(mode=PUT_MODE_INSERT, documents=part).SerializeToString()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Request.load(sys.argv[1])))))
