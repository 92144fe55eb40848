"""K2: unary Get of a document that was just read, against a bare grpc.aio echo of the same bytes."""

import asyncio
from collections.abc import Iterator

from bench.figures import Figure, middle, ratio
from bench.load.request import Request
from bench.preparing import put_record
from bench.rows.k1 import GET
from bench.stage import GRPC, kernel, load, yardstick
from bench.yardsticks.grpc_echo import METHOD
from shared.grpc.generated.data_kernel.v1.document_pb2 import GetDocumentRequest

ROUNDS = 5
SECONDS = 2.0
CALLERS = 16


def run() -> Iterator[Figure]:
    """Both in turn, five rounds."""
    with kernel() as platform, yardstick("bench.yardsticks.grpc_echo") as port:
        request = GetDocumentRequest(id=asyncio.run(put_record(platform, "k2"))).SerializeToString()
        headers = {"authorization": platform.authorization()["Authorization"]}
        get = Request(platform.kernel_grpc, GET, request.decode("latin-1"), CALLERS, SECONDS, headers)
        echo = Request(f"127.0.0.1:{port}", METHOD, "x" * 2048, CALLERS, SECONDS)
        pairs = [(load(GRPC, get), load(GRPC, echo)) for _ in range(ROUNDS)]
    gets, echoes = [mine.per_s for mine, _ in pairs], [bare.per_s for _, bare in pairs]
    yield ratio("K2", "Get : bare grpc.aio echo, c=16", gets, echoes, 0.7)
    yield middle("K2", "Get, c=16", gets, "/s")
    yield middle("K2", "bare grpc.aio echo, c=16", echoes, "/s")
