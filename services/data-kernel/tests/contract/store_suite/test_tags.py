import pytest

from data_kernel.domain.databases import Database, Revision, State, Tag
from shared.errors import InvalidInput, NotFound


async def test_a_tag_names_a_commit_until_it_is_pointed_elsewhere(store, scribe):
    first = (await scribe.write("main", {"Movie/1": b"1"})).commit
    await store.set_tag(Tag("oms", "v1", first))
    second = (await scribe.write("main", {"Movie/1": b"2"})).commit
    assert await store.resolve("oms", Revision(tag="v1")) == State(first, None)
    assert await store.resolve("oms", Revision(branch="main", tag="v1")) == State(first, "main")
    await store.set_tag(Tag("oms", "v1", second))
    assert await scribe.contents(await store.resolve("oms", Revision(tag="v1"))) == {"Movie/1": b"2"}


async def test_a_branch_can_begin_at_a_tag(store, scribe):
    await store.set_tag(Tag("oms", "v1", (await scribe.write("main", {"Movie/1": b"1"})).commit))
    await scribe.write("main", {"Movie/1": b"2"})
    await scribe.branch("copy", Revision(tag="v1"))
    assert await scribe.contents(await scribe.head("copy")) == {"Movie/1": b"1"}


async def test_tags_are_listed_by_name_in_their_own_database(store, scribe, scribe_of):
    commit = (await scribe.write("main", {"Movie/1": b"1"})).commit
    await store.create_database(Database("other"))
    theirs = (await scribe_of(store, "other").write("main", {"Movie/1": b"1"}, create_branch=True)).commit
    tags = [Tag("oms", name, commit) for name in ("a/b", "v1", "v10", "v2")]
    for tag in (*reversed(tags), Tag("other", "v1", theirs)):
        await store.set_tag(tag)
    assert await store.list_tags("oms") == tags
    assert await store.resolve("other", Revision(tag="v1")) == State(theirs, None)
    await store.delete_database("other")
    assert await store.list_tags("oms") == tags


async def test_a_deleted_tag_is_not_found_and_its_commit_stays(store, scribe):
    commit = (await scribe.write("main", {"Movie/1": b"1"})).commit
    await store.set_tag(Tag("oms", "v1", commit))
    await store.delete_tag("oms", "v1")
    assert await store.list_tags("oms") == []
    for call in (store.delete_tag("oms", "v1"), store.resolve("oms", Revision(tag="v1"))):
        with pytest.raises(NotFound) as refusal:
            await call
        assert refusal.value.field == "tag"
    assert (await store.get_commit("oms", commit)).id == commit


async def test_a_tag_needs_a_commit_of_its_database(store, scribe, scribe_of):
    await store.create_database(Database("other"))
    theirs = (await scribe_of(store, "other").write("main", {"Movie/1": b"1"}, create_branch=True)).commit
    for tag in (Tag("oms", "v1", "0" * 31), Tag("oms", "v1", theirs), Tag("nowhere", "v1", theirs)):
        with pytest.raises(NotFound):
            await store.set_tag(tag)
    assert await store.list_tags("oms") == []


async def test_a_revision_with_a_tag_names_nothing_else(store, scribe):
    commit = (await scribe.write("main", {"Movie/1": b"1"})).commit
    time = (await store.get_commit("oms", commit)).time
    await store.set_tag(Tag("oms", "v1", commit))
    for revision in (Revision(tag="v1", commit=commit), Revision(branch="main", tag="v1", at=time)):
        with pytest.raises(InvalidInput):
            await store.resolve("oms", revision)


async def test_tags_survive_a_restart(open_store, scribe_of):
    store = await open_store()
    await store.create_database(Database("oms"))
    commit = (await scribe_of(store).write("main", {"Movie/1": b"1"}, create_branch=True)).commit
    await store.set_tag(Tag("oms", "v1", commit))
    await store.close()
    store = await open_store()
    found = await store.list_tags("oms")
    await store.close()
    assert found == [Tag("oms", "v1", commit)]
