"""The kernel as its first users call it: the client by its target alone, and the frozen façade."""

import json
from collections.abc import AsyncIterator, Iterator
from secrets import token_hex

import grpc
import httpx2
import pytest
from support.callers import calling_as
from support.platform import Platform
from support.waiting import eventually

from shared.clients import TerminusGatewayClient
from shared.errors import DeadlineExceeded, NotFound, Unsupported
from shared.grpc.channel import open_channel
from shared.grpc.generated import data_kernel_pb2, data_kernel_pb2_grpc
from shared.grpc.generated.common.v1 import common_pb2
from shared.grpc.generated.data_kernel.v1 import document_pb2, document_pb2_grpc, query_pb2, query_pb2_grpc
from shared.telemetry import names

MOVIE = {
    "@type": "Class",
    "@id": "Movie",
    "@key": {"@type": "Lexical", "@fields": ["title"]},
    "title": "xsd:string",
    "year": {"@type": "Optional", "@class": "xsd:integer"},
}
PAGE = {"@type": "Class", "@id": "Page", "@key": {"@type": "Random"}, "text": "xsd:string"}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(tmp_path_factory.mktemp("kernel"), only=["data-kernel"]) as platform:
        platform.wait_ready()
        yield platform


@pytest.fixture
async def client(kernel: Platform) -> AsyncIterator[TerminusGatewayClient]:
    client = TerminusGatewayClient(target=kernel.kernel_grpc)
    with calling_as(kernel):
        await client.put_schema([MOVIE, PAGE])
        yield client
    await client.close()


@pytest.fixture
async def channel(kernel: Platform) -> AsyncIterator[grpc.aio.Channel]:
    async with open_channel(kernel.kernel_grpc, audience="data-kernel", signer=None) as channel:
        with calling_as(kernel):
            yield channel


async def test_create_get_patch(client: TerminusGatewayClient) -> None:
    written = await client.put_document({"@type": "Movie", "title": "Alien", "year": 1979}, create=True)
    assert written.ids == ("Movie/Alien",)
    assert await client.get_document("Movie/Alien") == {
        "@id": "Movie/Alien",
        "@type": "Movie",
        "title": "Alien",
        "year": 1979,
    }
    patched = await client.patch_document("Movie/Alien", {"year": 1980})
    assert patched.changed
    assert patched.commit != written.commit
    assert (await client.get_document("Movie/Alien"))["year"] == 1980
    assert (await client.get_document("Movie/Alien", rev=written.commit))["year"] == 1979


async def test_the_trace_id_sent_is_the_one_in_the_commit(kernel: Platform, channel: grpc.aio.Channel) -> None:
    trace_id = token_hex(16)
    stub = document_pb2_grpc.DocumentServiceStub(channel)
    document = json.dumps({"@type": "Movie", "title": f"Traced {trace_id}"}).encode()
    meta = common_pb2.CommitMeta(trace_id=trace_id)
    await stub.PutDocument(
        document_pb2.PutDocumentRequest(documents=[document], options=document_pb2.WriteOptions(meta=meta))
    )
    client = TerminusGatewayClient(target=kernel.kernel_grpc)
    (newest,) = await client.log(count=1)
    await client.close()
    assert newest.trace_id == trace_id
    assert newest.author == "alice@data-kernel"


async def test_a_list_past_its_deadline_ends_and_stops_in_the_store(
    kernel: Platform, client: TerminusGatewayClient, channel: grpc.aio.Channel
) -> None:
    pages = [{"@type": "Page", "text": f"{number:05} " + "x" * 20_000} for number in range(2000)]
    for first in range(0, len(pages), 100):
        await client.put_document(pages[first : first + 100], create=True)
    stub = document_pb2_grpc.DocumentServiceStub(channel)
    stream = stub.ListDocuments(document_pb2.ListDocumentsRequest(type="Page"), timeout=3)
    # Whoever reads one batch and no more holds the kernel back by flow control, in the middle of the listing.
    reading = aiter(stream)
    await anext(reading)
    assert await scans_in_progress(kernel) == 1
    await eventually(stream.done, what="the deadline")
    with pytest.raises(DeadlineExceeded):
        await exhaust(reading)

    async def no_scan() -> bool:
        return await scans_in_progress(kernel) == 0

    await eventually(no_scan, what="the end of the scan in the store")


async def exhaust(stream: AsyncIterator[object]) -> None:
    async for _ in stream:
        pass


async def scans_in_progress(kernel: Platform) -> float:
    """The kernel's own count of listings that are being read in the store."""
    async with httpx2.AsyncClient() as http:
        metrics = (await http.get(f"{kernel.kernel_url}/metrics")).text
    (line,) = [line for line in metrics.splitlines() if line.startswith(f"{names.STORE_SCANS_IN_PROGRESS} ")]
    return float(line.split()[1])


async def test_facade_get_put_patch(channel: grpc.aio.Channel) -> None:
    stub = data_kernel_pb2_grpc.DocumentServiceStub(channel)
    put = await stub.Put(data_kernel_pb2.Document(json=b'{"@type":"Movie","title":"Brazil","year":1984}'))
    assert put.id == "Movie/Brazil"
    patched = await stub.Patch(data_kernel_pb2.Document(json=b'{"@id":"Movie/Brazil","year":1985}'))
    assert patched.id == "Movie/Brazil"
    got = await stub.Get(data_kernel_pb2.DocumentId(id="Movie/Brazil"))
    assert json.loads(got.json) == {"@id": "Movie/Brazil", "@type": "Movie", "title": "Brazil", "year": 1985}
    with pytest.raises(NotFound):
        await stub.Get(data_kernel_pb2.DocumentId(id="Movie/None"))


async def test_queries_are_unsupported_until_there_are_some(channel: grpc.aio.Channel) -> None:
    with pytest.raises(Unsupported):
        async for _ in data_kernel_pb2_grpc.QueryServiceStub(channel).Execute(data_kernel_pb2.WOQL(query="{}")):
            pass
    with pytest.raises(Unsupported):
        async for _ in query_pb2_grpc.QueryServiceStub(channel).ExecuteQuery(query_pb2.ExecuteQueryRequest(woql=b"{}")):
            pass
