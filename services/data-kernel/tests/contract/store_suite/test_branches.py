import pytest

from data_kernel.domain.databases import Revision
from shared.errors import AlreadyExists, NotFound


async def test_an_orphan_has_no_head_and_no_documents(store, scribe):
    branch = await store.get_branch("oms", "main")
    assert (branch.database, branch.name, branch.incarnation) == ("oms", "main", 1)
    assert branch.head is None
    assert branch.head_time is None
    assert await scribe.contents(await scribe.head("main")) == {}


async def test_a_branch_at_another_has_its_head_and_documents_at_once(store, scribe):
    await scribe.write("main", {"Movie/1": b"1"})
    main = await store.get_branch("oms", "main")
    made = await store.create_branch("oms", "copy", scribe.attribution, Revision(branch="main"))
    assert (made.head, made.head_time) == (main.head, main.head_time)
    assert made == await store.get_branch("oms", "copy")
    assert await scribe.contents(await scribe.head("copy")) == {"Movie/1": b"1"}


async def test_a_branch_can_begin_at_an_old_commit_or_time(store, scribe):
    old = await scribe.write("main", {"Movie/1": b"1"})
    then = (await store.get_commit("oms", old.commit)).time
    await scribe.write("main", {"Movie/1": b"2"})
    await scribe.branch("by-commit", Revision(commit=old.commit))
    await scribe.branch("by-time", Revision(branch="main", at=then))
    for name in ("by-commit", "by-time"):
        assert await scribe.contents(await scribe.head(name)) == {"Movie/1": b"1"}


async def test_a_branch_at_an_empty_one_is_an_orphan(store, scribe):
    await scribe.branch("copy", Revision(branch="main"))
    assert (await store.get_branch("oms", "copy")).head is None


async def test_branches_move_apart(scribe):
    await scribe.write("main", {"Movie/1": b"1", "Movie/2": b"2"})
    await scribe.branch("copy", Revision(branch="main"))
    await scribe.write("copy", {"Movie/1": None, "Movie/3": b"3"})
    await scribe.write("main", {"Movie/2": b"two"})
    assert await scribe.contents(await scribe.head("copy")) == {"Movie/2": b"2", "Movie/3": b"3"}
    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"1", "Movie/2": b"two"}


async def test_a_branch_of_a_branch_of_a_branch_reads_through_all_of_them(scribe):
    await scribe.write("main", {"Movie/1": b"main", "Movie/2": b"main", "Movie/3": b"main"})
    await scribe.branch("a", Revision(branch="main"))
    await scribe.write("a", {"Movie/2": b"a", "Movie/3": None})
    await scribe.branch("b", Revision(branch="a"))
    await scribe.write("main", {"Movie/1": b"later"})
    await scribe.branch("c", Revision(branch="b"))
    await scribe.write("c", {"Movie/3": b"c"})
    assert await scribe.contents(await scribe.head("b")) == {"Movie/1": b"main", "Movie/2": b"a"}
    assert await scribe.contents(await scribe.head("c")) == {"Movie/1": b"main", "Movie/2": b"a", "Movie/3": b"c"}


async def test_a_name_is_taken_until_it_is_deleted(store, scribe):
    with pytest.raises(AlreadyExists):
        await scribe.branch("main")
    await store.delete_branch("oms", "main", scribe.attribution)
    await scribe.branch("main")
    assert (await store.get_branch("oms", "main")).incarnation == 2


async def test_commits_of_a_deleted_branch_stay_readable(store, scribe):
    commit = (await scribe.write("main", {"Movie/1": b"1"})).commit
    await store.delete_branch("oms", "main", scribe.attribution)
    state = await store.resolve("oms", Revision(commit=commit))
    assert await scribe.contents(state) == {"Movie/1": b"1"}
    assert (await store.get_commit("oms", commit)).branch == "main"
    await scribe.branch("again", Revision(commit=commit))
    assert await scribe.contents(await scribe.head("again")) == {"Movie/1": b"1"}


async def test_a_branch_of_a_deleted_name_begins_empty(store, scribe):
    await scribe.write("main", {"Movie/1": b"1"})
    await store.delete_branch("oms", "main", scribe.attribution)
    await scribe.branch("main")
    assert await scribe.contents(await scribe.head("main")) == {}


async def test_unknown_branches_are_not_found(store, scribe):
    for call in (
        store.get_branch("oms", "nowhere"),
        store.delete_branch("oms", "nowhere", scribe.attribution),
        scribe.head("nowhere"),
        scribe.write("nowhere", {"Movie/1": b"1"}),
        scribe.branch("copy", Revision(branch="nowhere")),
    ):
        with pytest.raises(NotFound) as refusal:
            await call
        assert refusal.value.field == "branch"


async def test_branches_are_listed_by_name_in_pages(store, scribe):
    for name in ("dev/b", "dev/a", "prod/a"):
        await scribe.branch(name)
    assert [branch.name for branch in await store.list_branches("oms")] == ["dev/a", "dev/b", "main", "prod/a"]
    assert [branch.name for branch in await store.list_branches("oms", limit=2)] == ["dev/a", "dev/b"]
    assert [branch.name for branch in await store.list_branches("oms", after="dev/b", limit=2)] == ["main", "prod/a"]
    await store.delete_branch("oms", "dev/b", scribe.attribution)
    assert [branch.name for branch in await store.list_branches("oms", limit=2)] == ["dev/a", "main"]
