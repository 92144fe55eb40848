"""The embedding service's client on both transports: what it asks, and what it makes of the answers."""

import base64
import json
import struct

import grpc
import httpx2
import pytest

from shared.clients.embedding import EmbeddingClient
from shared.clients.embedding_grpc import EmbeddingGrpc
from shared.clients.embedding_http import EmbeddingHttp
from shared.clients.embedding_values import ModelCard, Neighbour, Neighbours, unpack_vectors
from shared.database.client_factory import DatabaseClientFactory
from shared.errors import Internal, RateLimited, Unavailable
from shared.grpc.generated.embedding.v1 import embedding_pb2 as pb
from shared.http.client import open_http_client

PACKED = struct.pack("<4f", 1, 0.5, -1, 0)


def http_client(answers, seen):
    def handle(request):
        seen.append(request)
        return answers.pop(0)

    transport = httpx2.MockTransport(handle)
    return EmbeddingHttp(open_http_client("http://embedding", audience="embedding", transport=transport))


def test_packed_vectors_are_little_endian_float32():
    assert [list(vector) for vector in unpack_vectors(PACKED, 2)] == [[1, 0.5], [-1, 0]]
    assert unpack_vectors(b"", 2) == ()
    for data, dims in ((PACKED, 3), (PACKED, 0), (PACKED, -1)):
        with pytest.raises(Internal):
            unpack_vectors(data, dims)


async def test_over_http_vectors_come_packed():
    vectors = [base64.b64encode(PACKED[:8]).decode(), base64.b64encode(PACKED[8:]).decode()]
    seen = []
    client = http_client([httpx2.Response(200, json={"vectors": vectors, "dims": 2, "model_version": "m@1"})], seen)

    found = await client.embed(["a", "b"], model="m", dimensions=2)

    assert ([list(vector) for vector in found.vectors], found.model_version) == ([[1, 0.5], [-1, 0]], "m@1")
    assert json.loads(seen[0].content) == {
        "texts": ["a", "b"],
        "model": "m",
        "dimensions": 2,
        "encoding_format": "base64",
    }


async def test_over_http_a_search_names_collection_and_types():
    answer = {"hits": [{"id": "Movie/1", "type": "Movie", "score": 0.5}], "model_version": "m@1", "commit": "c"}
    seen = []
    client = http_client([httpx2.Response(200, json=answer), httpx2.Response(200, json={"scores": [1, 0.25]})], seen)

    found = await client.search("q", top_k=3, types=["Movie"], collection="objects")
    scores = await client.similarity("a", ["b", "c"])

    assert found == Neighbours((Neighbour("Movie/1", "Movie", 0.5),), "m@1", "c")
    assert json.loads(seen[0].content) == {
        "query": "q",
        "top_k": 3,
        "collection": "objects",
        "filter": {"types": ["Movie"]},
    }
    assert scores == [1.0, 0.25]
    assert all(isinstance(score, float) for score in scores)


async def test_over_http_a_problem_is_the_error_it_tells():
    problem = {"reason": "RATE_LIMITED", "detail": "full"}
    headers = {"content-type": "application/problem+json", "retry-after": "1"}
    client = http_client([httpx2.Response(429, content=json.dumps(problem).encode(), headers=headers)], [])

    with pytest.raises(RateLimited) as caught:
        await client.embed(["a"], model="", dimensions=0)

    assert caught.value.retry_after_s == 1


class _Stub:
    """The service's answers over gRPC."""

    def __init__(self):
        self.asked = []

    async def Embed(self, request):  # noqa: N802 - the contract's name
        self.asked.append(request)
        return pb.EmbedResponse(vectors=pb.Vectors(data=PACKED, dims=2, count=2), model_version="m@1")

    async def Search(self, request):  # noqa: N802 - the contract's name
        self.asked.append(request)
        return pb.SearchResponse(hits=[pb.SearchHit(id="Movie/1", type="Movie", score=0.5)], commit="c")

    async def ModelInfo(self, request):  # noqa: N802 - the contract's name
        self.asked.append(request)
        return pb.ModelInfoResponse(
            models=[pb.Model(name="m", version="m@1", dims=2, max_tokens=256, provider="openvino")]
        )


async def test_over_grpc_the_same_is_asked_and_answered():
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        client = EmbeddingGrpc(channel)
        client._stub = stub = _Stub()

        vectors = await client.embed(["a", "b"], model="m", dimensions=2)
        found = await client.search("q", top_k=3, types={"Movie"}, collection="objects")
        models = await client.models()

    assert [list(vector) for vector in vectors.vectors] == [[1, 0.5], [-1, 0]]
    assert stub.asked[0].options == pb.EmbedOptions(model="m", dimensions=2)
    assert stub.asked[1] == pb.SearchRequest(collection="objects", text="q", top_k=3, types=["Movie"])
    assert found == Neighbours((Neighbour("Movie/1", "Movie", 0.5),), "", "c")
    assert models == [ModelCard("m", "m@1", 2, 256, "openvino")]


@pytest.mark.parametrize("use_grpc", [True, False])
async def test_a_service_that_is_away_is_told_and_opens_the_circuit(use_grpc):
    client = EmbeddingClient("127.0.0.1:1", http_url="http://127.0.0.1:1", use_grpc=use_grpc, timeout_s=1)
    try:
        with pytest.raises(Unavailable):
            await client.health()
        assert not client.is_open
        for _ in range(5):
            with pytest.raises(Unavailable):
                await client.embed(["a"])
        assert client.is_open
    finally:
        await client.close()


async def test_the_factory_makes_one_client_of_an_address():
    factory = DatabaseClientFactory("oms")
    assert factory.embedding("127.0.0.1:1") is factory.embedding("127.0.0.1:1")
    await factory.close()
