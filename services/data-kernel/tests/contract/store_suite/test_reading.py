from contextlib import aclosing
from datetime import timedelta

import pytest

from data_kernel.application.ports import ScanQuery
from data_kernel.domain.databases import Revision, State
from data_kernel.domain.documents import Graph, StoredDocument
from shared.errors import InvalidInput, NotFound


async def test_documents_come_in_the_order_asked(store, scribe):
    await scribe.write("main", {"Movie/1": b"1", "Movie/2": b"2"})
    found = await store.get("oms", await scribe.head("main"), ["Movie/2", "Movie/9", "Movie/1", "Movie/2"])
    two = StoredDocument("Movie/2", "Movie", b"2")
    assert found == [two, None, StoredDocument("Movie/1", "Movie", b"1"), two]


async def test_every_commit_stays_readable(store, scribe):
    contents = [
        {"Movie/1": b"1"},
        {"Movie/1": b"2", "Movie/2": b"1"},
        {"Movie/2": b"1"},
        {"Movie/1": b"3", "Movie/2": b"1"},
    ]
    writes = [{"Movie/1": b"1"}, {"Movie/1": b"2", "Movie/2": b"1"}, {"Movie/1": None}, {"Movie/1": b"3"}]
    commits = [(await scribe.write("main", documents)).commit for documents in writes]
    for commit, expected in zip(commits, contents, strict=True):
        state = await store.resolve("oms", Revision(commit=commit))
        assert await scribe.contents(state) == expected
        found = await store.get("oms", state, ["Movie/1", "Movie/2"])
        assert [document and document.body for document in found] == [expected.get("Movie/1"), expected.get("Movie/2")]


async def test_a_time_means_the_head_the_branch_had_then(store, scribe):
    created = (await store.get_branch("oms", "main")).created_at
    commits = [(await scribe.write("main", {"Movie/1": b"%d" % n})).commit for n in range(9)]
    times = [(await store.get_commit("oms", commit)).time for commit in commits]
    tick = timedelta(microseconds=1)
    for commit, time in zip(commits, times, strict=True):
        assert await store.resolve("oms", Revision(branch="main", at=time)) == State(commit, "main")
    for commit, time in zip(commits, times[1:], strict=False):
        assert (await store.resolve("oms", Revision(branch="main", at=time - tick))).commit == commit
    assert (await store.resolve("oms", Revision(branch="main", at=times[-1] + timedelta(days=1)))).commit == commits[-1]
    assert (await store.resolve("oms", Revision(branch="main", at=created))).commit is None
    with pytest.raises(NotFound):
        await store.resolve("oms", Revision(branch="main", at=created - tick))


async def test_a_time_finds_the_incarnation_of_that_time(store, scribe):
    first = (await scribe.write("main", {"Movie/1": b"1"})).commit
    await store.delete_branch("oms", "main", scribe.attribution)
    await scribe.branch("main")
    second = (await scribe.write("main", {"Movie/1": b"2"})).commit
    times = [(await store.get_commit("oms", commit)).time for commit in (first, second)]
    recreated = (await store.get_branch("oms", "main")).created_at
    at = [await store.resolve("oms", Revision(branch="main", at=time)) for time in times]
    assert [state.commit for state in at] == [first, second]
    assert (await store.resolve("oms", Revision(branch="main", at=recreated))).commit is None
    with pytest.raises(NotFound):
        await store.resolve("oms", Revision(branch="main", at=recreated - timedelta(microseconds=1)))


async def test_a_deleted_branch_can_be_read_at_the_time_it_was_there(store, scribe):
    commit = (await scribe.write("main", {"Movie/1": b"1"})).commit
    time = (await store.get_commit("oms", commit)).time
    await store.delete_branch("oms", "main", scribe.attribution)
    assert (await store.resolve("oms", Revision(branch="main", at=time))).commit == commit


async def test_a_revision_names_one_state(store, scribe):
    commit = (await scribe.write("main", {"Movie/1": b"1"})).commit
    time = (await store.get_commit("oms", commit)).time
    for revision in (Revision(), Revision(at=time), Revision(branch="main", commit=commit, at=time)):
        with pytest.raises(InvalidInput):
            await store.resolve("oms", revision)
    assert await store.resolve("oms", Revision(branch="main", commit=commit)) == State(commit, "main")
    with pytest.raises(NotFound):
        await store.resolve("oms", Revision(commit="0" * 31))


async def test_listings_are_in_order_of_id_bytes(scribe):
    ids = [
        "Movie/ß",
        "Movie/a",
        "Movie/B",
        "Movie/😀",
        "Movie/\uffee",
        "Movie/a/b",
        "Movie/a b",
        "Movie/",
        "Movi/z",
        "Movie0",
    ]
    await scribe.write("main", dict.fromkeys(ids, b"1"))
    in_order = sorted(ids, key=str.encode)
    head = await scribe.head("main")
    assert list(await scribe.contents(head)) == in_order
    assert list(await scribe.contents(head, type_name="Movie")) == [
        name for name in in_order if name.startswith("Movie/")
    ]


async def test_a_type_is_listed_whatever_its_ids_look_like(scribe):
    await scribe.write("main", {"Film/2": b"2", "Film/1": b"1"})
    head = await scribe.head("main")
    assert list(await scribe.contents(head, type_name="Film")) == ["Film/1", "Film/2"]
    await scribe.write("main", {"http://a/1": b"3", "Film/3": b"4"}, types={"http://a/1": "Film", "Film/3": "Other"})
    assert list(await scribe.contents(head, type_name="Film")) == ["Film/1", "Film/2"]
    head = await scribe.head("main")
    assert list(await scribe.contents(head, type_name="Film")) == ["Film/1", "Film/2", "http://a/1"]
    assert list(await scribe.contents(head, type_name="Other")) == ["Film/3"]
    assert await scribe.contents(head, type_name="Nothing") == {}


async def test_a_document_can_change_its_type(scribe):
    await scribe.write("main", {"Genre": b"1"}, graph=Graph.SCHEMA, types={"Genre": "Class"})
    await scribe.write("main", {"Genre": b"2"}, graph=Graph.SCHEMA, types={"Genre": "Enum"})
    head = await scribe.head("main")
    assert await scribe.contents(head, graph=Graph.SCHEMA, type_name="Class") == {}
    assert await scribe.contents(head, graph=Graph.SCHEMA, type_name="Enum") == {"Genre": b"2"}


@pytest.mark.parametrize(
    ("after", "skip", "limit"), [(None, 0, 3), ("Movie/03", 0, 4), (None, 5, 3), ("Movie/05", 3, None)]
)
async def test_a_page_begins_after_an_id_and_skips_and_ends(scribe, after, skip, limit):
    await scribe.write("main", {f"Movie/{n:02}": b"1" for n in range(20)} | {"Actor/1": b"1"})
    await scribe.write("main", {"Movie/07": None})
    everything = [f"Movie/{n:02}" for n in range(20) if n != 7]
    wanted = [name for name in everything if after is None or name > after][skip:]
    listed = await scribe.contents(await scribe.head("main"), type_name="Movie", after_id=after, skip=skip, limit=limit)
    assert list(listed) == wanted[:limit]


@pytest.mark.parametrize(("skip", "limit"), [(0, 2), (1, 3), (4, 2), (5, None), (9, None)])
async def test_a_page_of_a_type_counts_only_its_own_documents(scribe, skip, limit):
    types = {"Film/2": "Other", "a:1": "Film", "z:1": "Film", "Film/x/y": "Other"}
    ids = ["Film/1", "Film/2", "Film/3", "Film/4", "Film/x/y", "Film/z", "a:1", "b:1", "z:1"]
    await scribe.write("main", dict.fromkeys(ids, b"1"), types=types)
    films = ["Film/1", "Film/3", "Film/4", "Film/z", "a:1", "z:1"][skip:]
    listed = await scribe.contents(await scribe.head("main"), type_name="Film", skip=skip, limit=limit)
    assert list(listed) == films[:limit]


async def test_a_limit_of_nothing_lists_nothing(scribe):
    await scribe.write("main", {"Movie/1": b"1"})
    assert await scribe.contents(await scribe.head("main"), limit=0) == {}


async def test_long_listings_come_in_bounded_batches(store, scribe):
    many = {f"Movie/{n:05}": b"x" * 100 for n in range(7000)}
    await scribe.write("main", many)
    await scribe.write("main", {f"Movie/{n:05}": None for n in range(500, 6500)})
    sizes, listed = [], {}
    async for batch in store.scan("oms", await scribe.head("main"), ScanQuery()):
        sizes.append(len(batch))
        listed |= {document.id: document.body for document in batch}
    assert listed == {name: body for n, (name, body) in enumerate(many.items()) if not 500 <= n < 6500}
    assert min(sizes) > 0
    assert max(sizes) <= 1000
    everything = await scribe.contents(await scribe.head("main"), skip=990)
    assert list(everything) == list(listed)[990:]


async def test_batches_of_large_documents_stay_about_a_megabyte(store, scribe):
    sizes = [400_000, 400_000, 400_000, 2_500_000, 10, 10]
    await scribe.write("main", {f"Movie/{n}": bytes([n]) * size for n, size in enumerate(sizes)})
    head = await scribe.head("main")
    batches = [batch async for batch in store.scan("oms", head, ScanQuery())]
    assert [[len(document.body) for document in batch] for batch in batches] == [
        [400_000, 400_000],
        [400_000],
        [2_500_000],
        [10, 10],
    ]


async def test_a_listing_is_one_state_while_the_branch_moves_on(store, scribe):
    await scribe.write("main", {f"Movie/{n:04}": b"old" for n in range(2500)})
    listed = {}
    async with aclosing(store.scan("oms", await scribe.head("main"), ScanQuery())) as batches:
        async for batch in batches:
            listed |= {document.id: document.body for document in batch}
            await scribe.write("main", {f"Movie/{n:04}": b"new %d" % len(listed) for n in range(0, 2500, 7)})
    assert listed == {f"Movie/{n:04}": b"old" for n in range(2500)}


async def test_a_listing_of_a_deleted_database_ends_with_an_error(store, scribe):
    await scribe.write("main", {f"Movie/{n:04}": b"1" for n in range(2500)})
    async with aclosing(store.scan("oms", await scribe.head("main"), ScanQuery())) as batches:
        await anext(batches)
        await store.delete_database("oms")
        with pytest.raises(NotFound):
            await anext(batches)


async def test_the_store_answers_a_ping(store):
    assert await store.ping() is None
