"""K5: a bulk load of 117 000 synsets through gRPC, each checked against its class and its references."""

import asyncio
import json
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from support.callers import calling_as
from support.platform import Platform

from bench.figures import Figure
from bench.load.request import Request
from bench.stage import folder, kernel, run_module, saved
from examples.wordnet.database import INSTALLED, PARTS, is_installed, read_synsets
from examples.wordnet.make_slice import SLICE
from examples.wordnet.synsets import wider_first
from shared.canonical import Json
from shared.clients import TerminusGatewayClient

DOCUMENTS = 117_000
BULK = "/data_kernel.v1.DocumentService/BulkPutDocuments"
CLASSES: list[Json] = [
    {
        "@type": "Class",
        "@id": "Synset",
        "@key": {"@type": "Lexical", "@fields": ["id"]},
        "id": "xsd:string",
        "lemmas": {"@type": "Set", "@class": "xsd:string"},
        "gloss": "xsd:string",
        "category": "xsd:string",
        "hypernym": {"@type": "Set", "@class": "Synset"},
    }
]


def run() -> Iterator[Figure]:
    """One load into an empty kernel."""
    whole = is_installed()
    with folder() as own, kernel() as platform:
        file = own / "synsets.ndjson"
        file.write_text("".join(f"{line}\n" for line in islice(_lines(whole=whole), DOCUMENTS)), encoding="utf-8")
        asyncio.run(_define(platform))
        headers = {"authorization": platform.authorization()["Authorization"]}
        with saved(Request(platform.kernel_grpc, BULK, str(file), 1, 0, headers)) as request:
            figures = run_module("bench.load.grpc_bulk", request)
    source = "all of WordNet" if whole else "the slice of WordNet repeated under new ids"
    yield Figure(
        "K5", f"bulk load of {figures['documents']:.0f} synsets ({source})", figures["documents_per_s"], "/s", 8000
    )


async def _define(platform: Platform) -> None:
    client = TerminusGatewayClient(target=platform.kernel_grpc)
    try:
        with calling_as(platform):
            await client.put_schema(CLASSES)
    finally:
        await client.close()


def _lines(*, whole: bool) -> Iterator[str]:
    if whole:
        for part in PARTS:
            for synset in wider_first(read_synsets(INSTALLED, part)):
                yield _document(json.loads(synset.line()), "")
    synsets = [json.loads(line) for line in Path(SLICE).read_text(encoding="utf-8").splitlines()]
    for number in count(1):
        yield from (_document(each, f"~{number}") for each in synsets)


def _document(synset: dict[str, Json], mark: str) -> str:
    """The synset as a document; `mark` makes ids of its own for every repetition."""
    wider = [f"{each}{mark}" for each in synset["hypernym"]]  # type: ignore[union-attr]
    return json.dumps({**synset, "@type": "Synset", "id": f"{synset['id']}{mark}", "hypernym": wider})
