import pytest

from data_kernel.domain.databases import Revision, State
from data_kernel.domain.documents import ChangeKind, Graph


def summary(changes):
    return [(change.id, change.before, change.after) for change in changes]


async def test_a_diff_of_neighbours_is_the_commit(scribe):
    old = State((await scribe.write("main", {"Movie/1": b"1", "Movie/2": b"2", "Movie/3": b"3"})).commit, None)
    new = State((await scribe.write("main", {"Movie/2": None, "Movie/3": b"three", "Movie/0": b"0"})).commit, None)
    changes = await scribe.changes(old, new)
    assert summary(changes) == [("Movie/0", None, b"0"), ("Movie/2", b"2", None), ("Movie/3", b"3", b"three")]
    assert [change.kind for change in changes] == [ChangeKind.CREATED, ChangeKind.DELETED, ChangeKind.UPDATED]
    assert {change.type for change in changes} == {"Movie"}
    backwards = [(name, after, before) for name, before, after in summary(changes)]
    assert summary(await scribe.changes(new, old)) == backwards


async def test_what_came_and_went_is_no_difference(scribe):
    old = State((await scribe.write("main", {"Movie/1": b"1"})).commit, None)
    await scribe.write("main", {"Movie/1": b"2", "Movie/2": b"2"})
    new = State((await scribe.write("main", {"Movie/1": b"1", "Movie/2": None})).commit, None)
    assert await scribe.changes(old, new) == []
    assert await scribe.changes(new, new) == []


async def test_a_diff_from_nothing_is_everything(scribe):
    new = State((await scribe.write("main", {"Movie/1": b"1", "Movie/2": b"2"})).commit, None)
    assert summary(await scribe.changes(State(None, "main"), new)) == [("Movie/1", None, b"1"), ("Movie/2", None, b"2")]
    assert summary(await scribe.changes(new, State(None, "main"))) == [("Movie/1", b"1", None), ("Movie/2", b"2", None)]


async def test_a_diff_across_branches_begins_where_they_parted(scribe):
    await scribe.write("main", {"Movie/1": b"1", "Movie/2": b"2", "Movie/3": b"3"})
    await scribe.branch("copy", Revision(branch="main"))
    await scribe.write("main", {"Movie/1": b"main", "Movie/2": b"both"})
    await scribe.write("copy", {"Movie/2": b"both", "Movie/3": None})
    main, copy = await scribe.head("main"), await scribe.head("copy")
    assert summary(await scribe.changes(main, copy)) == [("Movie/1", b"main", b"1"), ("Movie/3", b"3", None)]


async def test_a_diff_of_orphans(scribe):
    await scribe.branch("other")
    await scribe.write("main", {"Movie/1": b"1", "Movie/2": b"2"})
    await scribe.write("other", {"Movie/2": b"2", "Movie/3": b"3"})
    changes = await scribe.changes(await scribe.head("main"), await scribe.head("other"))
    assert summary(changes) == [("Movie/1", b"1", None), ("Movie/3", None, b"3")]


async def test_the_graphs_have_diffs_of_their_own(scribe):
    await scribe.write("main", {"Movie/1": b"1"})
    await scribe.write("main", {"Movie": b"class"}, graph=Graph.SCHEMA)
    nothing, head = State(None, "main"), await scribe.head("main")
    assert summary(await scribe.changes(nothing, head)) == [("Movie/1", None, b"1")]
    assert summary(await scribe.changes(nothing, head, Graph.SCHEMA)) == [("Movie", None, b"class")]


@pytest.mark.parametrize("count", [2_500, 12_000])
async def test_a_long_diff_comes_in_order_and_in_bounded_batches(scribe, count):
    await scribe.write("main", {f"Movie/{n:05}": b"1" for n in range(count)})
    old = await scribe.head("main")
    await scribe.write("main", {f"Movie/{n:05}": b"2" if n % 2 else None for n in range(count)})
    new = await scribe.head("main")
    ids = []
    async for batch in scribe.store.diff("oms", old, new):
        assert 0 < len(batch) <= 1000
        ids += [change.id for change in batch]
    assert ids == [f"Movie/{n:05}" for n in range(count)]
