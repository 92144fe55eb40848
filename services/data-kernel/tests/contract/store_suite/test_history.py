import itertools

import pytest

from data_kernel.domain.databases import Revision
from shared.errors import InvalidInput, NotFound


async def write_many(scribe, branch, count):
    return [(await scribe.write(branch, {f"Movie/{branch}-{n}": b"1"})).commit for n in range(count)]


async def test_the_log_is_newest_first(store, scribe):
    commits = await write_many(scribe, "main", 5)
    log = await store.log("oms", await scribe.head("main"))
    assert [commit.id for commit in log] == commits[::-1]
    assert log[0] == await store.get_commit("oms", commits[-1])
    assert all(newer.parents == (older.id,) for newer, older in itertools.pairwise(log))


async def test_the_log_of_an_old_state_ends_there(store, scribe):
    commits = await write_many(scribe, "main", 5)
    log = await store.log("oms", await store.resolve("oms", Revision(commit=commits[2])))
    assert [commit.id for commit in log] == commits[2::-1]


async def test_the_log_of_an_empty_branch_is_empty(store, scribe):
    assert await store.log("oms", await scribe.head("main")) == []


async def test_the_log_goes_on_into_the_branches_origin(store, scribe):
    main = await write_many(scribe, "main", 4)
    await scribe.branch("copy", Revision(commit=main[1]))
    copy = await write_many(scribe, "copy", 3)
    log = await store.log("oms", await scribe.head("copy"))
    assert [commit.id for commit in log] == copy[::-1] + main[1::-1]
    assert [commit.branch for commit in log] == ["copy"] * 3 + ["main"] * 2


async def test_the_log_in_pages(store, scribe):
    main = await write_many(scribe, "main", 4)
    await scribe.branch("copy", Revision(branch="main"))
    everything = (main + await write_many(scribe, "copy", 4))[::-1]
    head = await scribe.head("copy")
    pages, after = [], None
    while page := await store.log("oms", head, after=after, limit=3):
        pages.append([commit.id for commit in page])
        after = page[-1].id
    assert pages == [everything[:3], everything[3:6], everything[6:]]


async def test_a_log_goes_on_only_from_its_own_commits(store, scribe):
    main = await write_many(scribe, "main", 2)
    await scribe.branch("copy", Revision(commit=main[0]))
    await write_many(scribe, "copy", 1)
    with pytest.raises(InvalidInput) as refusal:
        await store.log("oms", await scribe.head("copy"), after=main[1])
    assert refusal.value.field == "after"
    with pytest.raises(NotFound):
        await store.log("oms", await scribe.head("copy"), after="0" * 31)


async def test_unknown_commits_are_not_found(store):
    with pytest.raises(NotFound):
        await store.get_commit("oms", "0" * 31)
