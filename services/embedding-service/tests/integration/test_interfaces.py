"""Every way to ask the service, against the running process."""

import asyncio
import base64

import grpc
import httpx2
import numpy as np
import openai
import pytest
from embedding_testing.ontology import embedding_of
from grpc_health.v1 import health_pb2, health_pb2_grpc
from support.callers import calling_as

from shared.errors import InvalidInput, NotFound, TooLarge, Unauthenticated
from shared.grpc.channel import open_channel
from shared.grpc.generated.embedding.v1 import embedding_pb2 as pb
from shared.grpc.generated.embedding.v1.embedding_pb2_grpc import EmbeddingServiceStub

TEXTS = ["a shark in the sea", "a great white attacks swimmers", "the stock exchange closed early"]


@pytest.fixture
def http(platform):
    with httpx2.Client(base_url=platform.embedding_url, headers=platform.authorization(), trust_env=False) as client:
        yield client


def test_embedding_answers_numbers_or_base64(http):
    one = http.post("/embedding", json={"text": TEXTS[0]}).json()
    packed = http.post("/embedding", json={"texts": TEXTS, "encoding_format": "base64", "dimensions": 8}).json()

    assert (len(one["vectors"]), one["dims"], one["model"]) == (1, 384, "all-MiniLM-L6-v2")
    assert packed["model_version"] == one["model_version"]
    vector = np.frombuffer(base64.b64decode(packed["vectors"][0]), "<f4")
    head = np.array(one["vectors"][0][:8])
    assert vector == pytest.approx(head / np.linalg.norm(head), abs=1e-5)


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/embedding", {"text": " "}, 400, "texts/0"),
        ("/embedding", {}, 400, "text"),
        ("/embedding", {"text": "a", "texts": ["a"]}, 400, "text"),
        ("/embedding", {"text": "a", "model": "gpt"}, 404, "model"),
        ("/embedding", {"text": "a", "dimensions": 385}, 400, "dimensions"),
        ("/embedding", {"texts": ["a"] * 2049}, 413, "texts"),
        ("/embedding", {"text": "a" * 262_145}, 413, "texts/0"),
        ("/embedding", {"text": "a b " * 200, "truncate": False}, 413, "texts/0"),
        ("/embedding", {"tex": "a"}, 400, "body.tex"),
        ("/similarity", {}, 400, "body"),
        ("/similarity", {"query": "a", "text": "b"}, 400, "query"),
        ("/similarity", {"query": "a", "collection": "none"}, 404, "collection"),
        ("/similarity", {"query": "a", "top_k": 0}, 400, "body.top_k"),
        ("/similarity", {"text": "a"}, 400, "other"),
        ("/v1/embeddings", {"input": [1, 2], "model": "default"}, 400, "input"),
        ("/v1/embeddings", {"input": [], "model": "default"}, 400, "texts"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(http, path, body, status, field):
    answer = http.post(path, json=body)

    assert (answer.status_code, answer.json().get("field")) == (status, field)


def test_only_the_probes_are_open(platform):
    with httpx2.Client(base_url=platform.embedding_url, trust_env=False) as client:
        assert client.get("/health").json() == {"status": "ok", "service": "embedding"}
        assert client.get("/liveness").status_code == 200
        assert "embedding_model_start_seconds" in client.get("/metrics").text
        assert client.post("/embedding", json={"text": "a"}).status_code == 401
        assert client.get("/v1/models").status_code == 401


def test_similarity_compares_a_pair_or_one_with_many(http):
    pair = http.post("/similarity", json={"text": TEXTS[0], "other": TEXTS[1]}).json()
    many = http.post("/similarity", json={"text": TEXTS[0], "texts": TEXTS}).json()

    assert set(pair) == {"score", "model_version"}
    assert many["scores"][0] == pytest.approx(1, abs=1e-4)
    assert many["scores"][1] == pytest.approx(pair["score"], abs=1e-4)
    assert many["scores"][1] > many["scores"][2]


async def test_openais_own_client_works_in_both_encodings(platform):
    async with openai.AsyncOpenAI(
        base_url=f"{platform.embedding_url}/v1", api_key=platform.token(), max_retries=0
    ) as client:
        default = await client.embeddings.create(model="all-MiniLM-L6-v2", input=TEXTS)
        plain = await client.embeddings.create(model="default", input=TEXTS[0], encoding_format="float", dimensions=64)
        models = await client.models.list()
        with pytest.raises(openai.NotFoundError):
            await client.embeddings.create(model="text-embedding-3-small", input="a")

    assert [len(each.embedding) for each in default.data] == [384] * 3
    assert [each.index for each in default.data] == [0, 1, 2]
    assert default.usage.prompt_tokens > 15
    head = np.array(default.data[0].embedding[:64])
    assert plain.data[0].embedding == pytest.approx(head / np.linalg.norm(head), abs=1e-4)
    assert [model.id for model in models.data] == ["all-MiniLM-L6-v2"]


@pytest.mark.parametrize("use_grpc", [True, False])
async def test_the_client_gets_the_same_over_both_transports(platform, http, use_grpc):
    expected = http.post("/embedding", json={"texts": TEXTS}).json()
    async with embedding_of(platform, use_grpc=use_grpc) as client:
        found = await client.embed(TEXTS)
        short = await client.embed(TEXTS[:1], dimensions=4)
        scores = await client.similarity(TEXTS[0], TEXTS)
        (model,) = await client.models()
        await client.health()
        with pytest.raises(InvalidInput):
            await client.embed([""])
        with pytest.raises(NotFound):
            await client.search("a", collection="none")
        with pytest.raises(TooLarge):
            await client.embed(["a"] * 2049)
        empty = await client.search("a", types=["Nothing"])

    assert np.array(found.vectors) == pytest.approx(np.array(expected["vectors"]), abs=1e-6)
    assert (found.model_version, len(short.vectors[0])) == (expected["model_version"], 4)
    assert scores[0] == pytest.approx(1, abs=1e-4)
    assert (model.version, model.dims, model.provider) == (found.model_version, 384, "openvino")
    assert (empty.hits, empty.model_version) == ((), found.model_version)


async def test_a_bulk_is_streamed_in_order(platform):
    with calling_as(platform):
        async with open_channel(platform.embedding_grpc, audience="embedding", signer=None) as channel:
            stub = EmbeddingServiceStub(channel)

            async def requests():
                for start in range(0, 300, 100):
                    yield pb.EmbedStreamRequest(texts=[f"text {number}" for number in range(start, start + 100)])

            answers = [answer async for answer in stub.EmbedStream(requests())]
            whole = await stub.Embed(pb.EmbedRequest(texts=[f"text {number}" for number in range(300)]))
            by_vector = await stub.Search(
                pb.SearchRequest(vector=pb.Vectors(data=whole.vectors.data[: 384 * 4], dims=384, count=1))
            )
            for bad in (pb.SearchRequest(), pb.SearchRequest(vector=pb.Vectors(data=b"abc", dims=384, count=1))):
                with pytest.raises(InvalidInput):
                    await stub.Search(bad)

    assert [answer.vectors.count for answer in answers] == [100] * 3
    assert b"".join(answer.vectors.data for answer in answers) == whole.vectors.data
    assert list(by_vector.hits) == []


async def test_callers_keep_a_collection_that_is_searched(platform):
    with calling_as(platform):
        async with open_channel(platform.embedding_grpc, audience="embedding", signer=None) as channel:
            stub = EmbeddingServiceStub(channel)
            entries = [pb.UpsertEntry(id=str(n), type="Note", text=text) for n, text in enumerate(TEXTS)]
            first = await stub.Upsert(pb.UpsertRequest(collection="notes", entries=entries))
            again = await stub.Upsert(pb.UpsertRequest(collection="notes", entries=entries, delete_ids=["9"]))
            found = await stub.Search(pb.SearchRequest(collection="notes", text="finance and trade", top_k=1))
            last = await stub.Upsert(pb.UpsertRequest(collection="notes", delete_ids=["2"]))
            left = await stub.Search(pb.SearchRequest(collection="notes", text="finance and trade"))
            with pytest.raises(InvalidInput):
                await stub.Upsert(pb.UpsertRequest(collection="objects", entries=entries))
            info = await stub.ModelInfo(pb.ModelInfoRequest())

    assert (first.embedded, again.embedded, last.deleted) == (3, 0, 1)
    assert [hit.id for hit in found.hits] == ["2"]
    assert {hit.id for hit in left.hits} == {"0", "1"}
    assert {each.name: each.size for each in info.collections}["notes"] == 2


async def test_without_a_token_grpc_tells_its_health_and_nothing_else(platform):
    async with grpc.aio.insecure_channel(platform.embedding_grpc) as bare:
        request = health_pb2.HealthCheckRequest(service="embedding.v1.EmbeddingService")
        answer = await health_pb2_grpc.HealthStub(bare).Check(request)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    async with open_channel(platform.embedding_grpc, audience="embedding", signer=None) as channel:
        with pytest.raises(Unauthenticated):
            await EmbeddingServiceStub(channel).ModelInfo(pb.ModelInfoRequest())


async def test_many_at_once_are_all_answered(platform):
    async with embedding_of(platform) as client:
        answers = await asyncio.gather(*(client.embed([f"number {number}"]) for number in range(200)))
    assert len({bytes(answer.vectors[0]) for answer in answers}) == 200
