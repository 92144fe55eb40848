"""K1: the kernel's gRPC and REST against bare echoes of their kind, and against one another."""

import asyncio
from collections.abc import Callable, Iterator

from support.platform import Platform

from bench.figures import Figure, ratio
from bench.load.request import Request
from bench.preparing import put_record
from bench.stage import AIOHTTP, GRPC, HTTPX, kernel, load, yardstick
from bench.yardsticks.grpc_echo import METHOD
from shared.grpc.generated.data_kernel.v1.document_pb2 import GetDocumentRequest

ROUNDS = 3
SECONDS = 2.0
GET = "/data_kernel.v1.DocumentService/GetDocument"
TARGET = 0.7


def run() -> Iterator[Figure]:
    """Reads of one document of 2 KB; the echoes carry a body of that size."""
    with kernel() as platform, yardstick("bench.yardsticks.grpc_echo") as grpc_port:
        document_id = asyncio.run(put_record(platform, "k1"))
        body = "x" * 2048
        echo = _request(f"127.0.0.1:{grpc_port}", METHOD, body)
        yield from _against("gRPC : bare grpc.aio echo, c=16", GRPC, _grpc(platform, document_id), echo)
        with yardstick("bench.yardsticks.fastapi_echo") as http_port:
            echo = _request(f"http://127.0.0.1:{http_port}/echo", "POST", body)
            for name, generator in (("httpx2", HTTPX), ("aiohttp", AIOHTTP)):
                rest = _rest(platform, document_id)
                yield from _against(f"REST : bare FastAPI echo, {name}, c=16", generator, rest, echo)
        for callers in (1, 16, 64):
            for name, generator in (("httpx2", HTTPX), ("aiohttp", AIOHTTP)):
                yield from _grpc_to_rest(platform, document_id, callers, name, generator)


def _against(
    what: str, generator: str, subject: Callable[[int], Request], echo: Callable[[int], Request]
) -> Iterator[Figure]:
    pairs = [(load(generator, subject(16)), load(generator, echo(16))) for _ in range(ROUNDS)]
    yield ratio("K1", what, [mine.per_s for mine, _ in pairs], [bare.per_s for _, bare in pairs], TARGET)


def _grpc_to_rest(platform: Platform, document_id: str, callers: int, name: str, generator: str) -> Iterator[Figure]:
    pairs = [
        (load(GRPC, _grpc(platform, document_id)(callers)), load(generator, _rest(platform, document_id)(callers)))
        for _ in range(ROUNDS)
    ]
    for what, field in (("mean", "mean_ms"), ("p95", "p95_ms"), ("throughput", "per_s")):
        over, under = ([getattr(pair[side], field) for pair in pairs] for side in (0, 1))
        yield ratio("K1", f"gRPC : REST by {name}, {what}, c={callers}", over, under)


def _grpc(platform: Platform, document_id: str) -> Callable[[int], Request]:
    body = GetDocumentRequest(id=document_id).SerializeToString().decode("latin-1")
    headers = {"authorization": platform.authorization()["Authorization"]}
    return _request(platform.kernel_grpc, GET, body, headers)


def _rest(platform: Platform, document_id: str) -> Callable[[int], Request]:
    return _request(f"{platform.kernel_url}/db/oms/doc/{document_id}", "GET", "", platform.authorization())


def _request(target: str, method: str, body: str, headers: dict[str, str] | None = None) -> Callable[[int], Request]:
    return lambda callers: Request(target, method, body, callers, SECONDS, headers or {})
