"""K4: durable single-document commits by 64 writers, classes checked, against raw SQLite and a bare echo."""

import asyncio
import json
from collections.abc import Iterator

from bench.figures import Figure, middle, ratio
from bench.load.request import MARK, Request
from bench.preparing import put_record
from bench.rows.documents import document
from bench.rows.shares import shares
from bench.stage import GRPC, folder, kernel, load, run_generator, yardstick
from bench.yardsticks.grpc_echo import METHOD
from bench.yardsticks.sqlite_commits import commits_per_s
from shared.grpc.generated.data_kernel.v1.document_pb2 import PUT_MODE_INSERT, PutDocumentRequest

ROUNDS = 3
SECONDS = 4.0
WRITERS = 64
PUT = "/data_kernel.v1.DocumentService/PutDocument"


def run() -> Iterator[Figure]:
    """First the store alone, then through gRPC, each in turn with its yardsticks."""
    body = json.dumps(document("k4")).encode()
    rounds = [(_store(), _raw(body)) for _ in range(ROUNDS)]
    stores, raws = [each for each, _ in rounds], [each for _, each in rounds]
    yield ratio("K4", "store commits, 64 writers : raw SQLite FULL one-row commits", stores, raws, 2.0)
    yield middle("K4", "store commits, 64 writers", stores, "/s")
    yield middle("K4", "raw SQLite FULL one-row commits", raws, "/s")
    yield from shares("K4", "commits")
    yield from _through_grpc(body)


def _through_grpc(body: bytes) -> Iterator[Figure]:
    with kernel() as platform, yardstick("bench.yardsticks.grpc_echo") as port:
        asyncio.run(put_record(platform, "k4"))
        put, echo = _Puts(platform.kernel_grpc, platform.authorization()["Authorization"]), _echo(port, body)
        rounds = [(load(GRPC, put(number)).per_s, load(GRPC, echo).per_s, _raw(body)) for number in range(ROUNDS)]
    puts, echoes, raws = ([each[place] for each in rounds] for place in range(3))
    yield ratio("K4", "commits through gRPC, 64 writers : bare grpc.aio echo", puts, echoes, 0.6)
    yield ratio("K4", "commits through gRPC, 64 writers : raw SQLite FULL one-row commits", puts, raws)
    yield middle("K4", "commits through gRPC, 64 writers", puts, "/s")


def _store() -> float:
    with folder() as own:
        return run_generator("bench.load.store_commits", str(own), str(SECONDS)).per_s


def _raw(body: bytes) -> float:
    with folder() as own:
        return commits_per_s(own / "raw.db", body, SECONDS / 2)


class _Puts:
    """Inserts whose keys differ within a round by the mark, and between rounds by a prefix."""

    def __init__(self, target: str, authorization: str) -> None:
        self._target = target
        self._headers = {"authorization": authorization}

    def __call__(self, number: int) -> Request:
        content = json.dumps(document(f"r{number}-{MARK.decode()}")).encode()
        request = PutDocumentRequest(documents=[content], mode=PUT_MODE_INSERT).SerializeToString().decode("latin-1")
        return Request(self._target, PUT, request, WRITERS, SECONDS, self._headers, unique=True)


def _echo(port: int, body: bytes) -> Request:
    return Request(f"127.0.0.1:{port}", METHOD, body.decode("latin-1"), WRITERS, SECONDS)
