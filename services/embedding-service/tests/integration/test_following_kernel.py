"""The collection of the ontology's objects, with the kernel, Redis and the service itself killed in turn."""

import time

import httpx2
import pytest
from embedding_testing.ontology import FILMS, embedding_of, film, film_class, kernel_of
from support.platform import Platform
from support.waiting import eventually

from processes import Options
from shared.errors import OmsError

PARTS = ("redis", "data-kernel", "embedding")
OWN_BRANCH = "dev/embedding/main"
SEA = "danger in the ocean"


async def fill(kernel):
    await kernel.put_schema([film_class("title", "plot")])
    return await kernel.put_document([film(title, plot) for title, plot in FILMS.items()])


async def shows(client, commit):
    """Wait until the collection shows that commit."""
    return await eventually(lambda: _shown(client, commit), 20, what=f"the collection at {commit}")


async def _shown(client, commit):
    try:
        found = await client.search(SEA)
    except OmsError:
        return None
    return found if found.commit == commit else None


def metric(platform, name):
    text = httpx2.get(f"{platform.embedding_url}/metrics", trust_env=False).text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


EMBEDDED = 'embedding_followed_objects_total{outcome="embedded"}'


@pytest.mark.parametrize("use_grpc", [True, False])
async def test_objects_are_found_by_meaning_and_exactly_what_changed_is_embedded(own_platform, use_grpc):
    async with kernel_of(own_platform) as kernel, embedding_of(own_platform, use_grpc=use_grpc) as client:
        written = await fill(kernel)
        found = await shows(client, written.commit)
        assert found.hits[0].id == "Film/Jaws"
        assert metric(own_platform, EMBEDDED) == 4

        changed = await kernel.put_document(film("Jaws", "A quiet documentary about gardening roses."))
        await shows(client, changed.commit)
        assert (await client.search("flowers", top_k=1)).hits[0].id == "Film/Jaws"
        assert metric(own_platform, EMBEDDED) == 5

        gone = await kernel.delete_document("Film/Jaws")
        assert "Film/Jaws" not in {hit.id for hit in (await shows(client, gone.commit)).hits}

        other_marks = await kernel.put_schema([film_class("title")])
        await shows(client, other_marks.commit)
        assert metric(own_platform, EMBEDDED) == 8

        unmarked = await kernel.put_schema([film_class()])
        assert (await shows(client, unmarked.commit)).hits == ()


def origins(platform):
    """The traces that following took part in, by child or by link."""
    followed = [span for span in platform.spans() if span["name"] == "follow objects"]
    return {each["trace_id"] for span in followed for each in (span, *span["links"])}


async def test_vectors_and_cursor_are_in_one_commit_of_the_services_own(own_platform):
    async with kernel_of(own_platform) as kernel, embedding_of(own_platform) as client:
        written = await fill(kernel)
        await shows(client, written.commit)

        log = await kernel.log(branch=OWN_BRANCH)
        assert {commit.author for commit in log} == {"system@embedding"}
        changes = [change.id async for change in kernel.diff(log[1].id, log[0].id)]
        assert changes == [*(f"Embedding/objects/Film/{title}" for title in sorted(FILMS)), "EmbeddingCursor/objects"]
        cursor = await kernel.get_document("EmbeddingCursor/objects", branch=OWN_BRANCH)
        assert cursor["commit"] == written.commit
        vector = await kernel.get_document("Embedding/objects/Film/Alien", branch=OWN_BRANCH)
        assert (vector["source_commit"], vector["dims"]) == (written.commit, 384)


async def test_what_is_done_for_a_write_belongs_to_its_trace(own_platform):
    async with kernel_of(own_platform) as kernel, embedding_of(own_platform) as client:
        await shows(client, (await fill(kernel)).commit)
        # By a client that traces nothing itself, so that the kernel begins a trace that is recorded.
        address = f"{own_platform.kernel_url}/db/oms/doc"
        added = film("Cast Away", "A man is alone on an island in the ocean.")
        assert httpx2.post(address, json=added, headers=own_platform.authorization()).status_code == 201
        (commit,) = await kernel.log(count=1)
        await eventually(lambda: commit.trace_id in origins(own_platform), what="a span of the write's trace")


async def test_a_new_process_reads_the_branch_and_embeds_nothing(own_platform):
    async with kernel_of(own_platform) as kernel, embedding_of(own_platform) as client:
        written = await fill(kernel)
        await shows(client, written.commit)
        own_head = (await kernel.log(branch=OWN_BRANCH, count=1))[0].id

        own_platform.kill("embedding")
        added = await kernel.put_document(film("Cast Away", "A man is alone on an island in the ocean."))
        own_platform.restart("embedding")

        found = await shows(client, added.commit)
        assert {hit.id for hit in found.hits} == {*(f"Film/{title}" for title in FILMS), "Film/Cast Away"}
        assert metric(own_platform, EMBEDDED) == 1
        changes = [change.id async for change in kernel.diff(own_head, (await kernel.log(branch=OWN_BRANCH))[0].id)]
        assert changes == ["Embedding/objects/Film/Cast Away", "EmbeddingCursor/objects"]


async def test_without_the_kernel_it_searches_what_it_has_and_goes_on_when_it_is_back(own_platform):
    async with kernel_of(own_platform) as kernel, embedding_of(own_platform) as client:
        written = await fill(kernel)
        await shows(client, written.commit)

        own_platform.kill("data-kernel")
        assert (await client.search(SEA)).hits[0].id == "Film/Jaws"
        assert len((await client.embed(["something never seen before"])).vectors) == 1
        await eventually(lambda: not own_platform.is_ready("embedding"), what="readyz to miss the kernel")

        own_platform.start("data-kernel")
        own_platform.wait_ready()
        added = await eventually(
            lambda: _put(kernel, film("Cast Away", "A man is alone on an island in the ocean.")), 20
        )
        assert "Film/Cast Away" in {hit.id for hit in (await shows(client, added.commit)).hits}


async def test_another_store_behind_the_kernel_is_noticed(own_platform):
    async with kernel_of(own_platform) as kernel, embedding_of(own_platform) as client:
        for _ in range(3):
            written = await fill(kernel)
            await kernel.delete_document([f"Film/{title}" for title in FILMS])
        written = await fill(kernel)
        await shows(client, written.commit)

        own_platform.kill("data-kernel")
        for file in (own_platform.home.path / "data-kernel").glob("store.db*"):
            file.unlink()
        own_platform.start("data-kernel")
        own_platform.wait_ready("data-kernel")
        await eventually(lambda: _put_class(kernel), 20, what="the class in the new store")
        added = await kernel.put_document(film("Cast Away", "A man is alone on an island in the ocean."))

        assert {hit.id for hit in (await shows(client, added.commit)).hits} == {"Film/Cast Away"}


async def _put_class(kernel):
    try:
        return await kernel.put_schema([film_class("title", "plot")])
    except OmsError:
        return None


async def _put(kernel, document):
    try:
        return await kernel.put_document(document)
    except OmsError:
        return None


async def test_without_redis_it_is_slower_and_nothing_else(own_platform):
    async with embedding_of(own_platform) as client:
        first = await client.embed(["kept in redis"])
        await eventually(lambda: _keys(own_platform), what="the vector in Redis")
        own_platform.restart("embedding")
        again = await eventually(lambda: _embed(client, "kept in redis"))
        assert metric(own_platform, 'embedding_cache_lookups_total{layer="redis",outcome="hit"}') == 1
        assert again.vectors == first.vectors

        own_platform.kill("redis")
        assert len((await client.embed(["never seen"])).vectors) == 1
        report = httpx2.get(f"{own_platform.embedding_url}/readyz", trust_env=False)
        assert (report.status_code, report.json()["status"]) == (200, "degraded")
        assert metric(own_platform, "embedding_cache_failures_total") >= 1

        own_platform.start("redis")
        own_platform.wait_ready("redis", "embedding")


async def _embed(client, text):
    try:
        return await client.embed([text])
    except OmsError:
        return None


async def _keys(platform):
    import redis.asyncio  # noqa: PLC0415 - its only user

    client = redis.asyncio.Redis.from_url(f"{platform.redis_url}/5")
    try:
        return await client.dbsize()
    finally:
        await client.aclose()


async def test_with_http_alone_it_follows_just_the_same(tmp_path):
    with Platform(tmp_path / "oms", only=PARTS, options=Options(use_grpc="false")) as platform:
        platform.wait_ready()
        async with kernel_of(platform, use_grpc=False) as kernel, embedding_of(platform, use_grpc=False) as client:
            written = await fill(kernel)
            assert (await shows(client, written.commit)).hits[0].id == "Film/Jaws"
            gone = await kernel.delete_document("Film/Jaws")
            assert "Film/Jaws" not in {hit.id for hit in (await shows(client, gone.commit)).hits}


def test_a_process_is_ready_soon_after_its_start(own_platform):
    own_platform.stop("embedding")
    began = time.monotonic()
    own_platform.start("embedding")
    own_platform.wait_ready("embedding")

    assert 0 < metric(own_platform, "embedding_model_start_seconds") < time.monotonic() - began
