"""K5: a bulk load of 117 000 synsets through gRPC, each checked against its class and its references."""

import asyncio
from collections.abc import Iterator
from itertools import islice

from support.callers import calling_as
from support.platform import Platform

from bench.figures import Figure
from bench.load.request import Request
from bench.rows.shares import shares
from bench.rows.synsets import CLASSES, lines
from bench.stage import folder, kernel, run_module, saved
from examples.wordnet.database import is_installed
from shared.clients import TerminusGatewayClient

DOCUMENTS = 117_000
BULK = "/data_kernel.v1.DocumentService/BulkPutDocuments"


def run() -> Iterator[Figure]:
    """One load into an empty kernel, and what takes the writer's time."""
    whole = is_installed()
    with folder() as own, kernel() as platform:
        file = own / "synsets.ndjson"
        file.write_text("".join(f"{line}\n" for line in islice(lines(whole=whole), DOCUMENTS)), encoding="utf-8")
        asyncio.run(_define(platform))
        headers = {"authorization": platform.authorization()["Authorization"]}
        with saved(Request(platform.kernel_grpc, BULK, str(file), 1, 0, headers)) as request:
            figures = run_module("bench.load.grpc_bulk", request)
    source = "all of WordNet" if whole else "the slice of WordNet repeated under new ids"
    yield Figure(
        "K5", f"bulk load of {figures['documents']:.0f} synsets ({source})", figures["documents_per_s"], "/s", 8000
    )
    yield from shares("K5", "bulk")


async def _define(platform: Platform) -> None:
    client = TerminusGatewayClient(target=platform.kernel_grpc)
    try:
        with calling_as(platform):
            await client.put_schema(CLASSES)
    finally:
        await client.close()
