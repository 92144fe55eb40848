from dataclasses import replace

import pytest

from data_kernel.domain.commits import Cursor
from data_kernel.domain.databases import Database, Naming, Revision, State
from shared.errors import AlreadyExists, NotFound, Unavailable


async def test_properties_are_kept(store):
    movies = Database("movies", "Movies", "Films of the world", Naming.FREE, {"@base": "a:b/", "@schema": "a:b#"})
    await store.create_database(movies)
    assert await store.get_database("movies") == movies


async def test_label_and_comment_change_and_nothing_else(store):
    movies = Database("movies", "Movies", "Films", Naming.FREE, {"@base": "a:b/", "@schema": "a:b#"})
    await store.create_database(movies)
    await store.describe_database("movies", "Cinema", "")
    assert await store.get_database("movies") == replace(movies, label="Cinema", comment="")
    assert (await store.get_database("oms")).label == ""


async def test_a_name_can_be_given_once(store):
    with pytest.raises(AlreadyExists):
        await store.create_database(Database("oms", label="another"))
    assert (await store.get_database("oms")).label == ""


async def test_databases_are_listed_in_order_of_name(store):
    for name in ("zoo", "art"):
        await store.create_database(Database(name))
    assert [database.name for database in await store.list_databases()] == ["art", "oms", "zoo"]


async def test_unknown_databases_are_not_found(store, scribe_of):
    nowhere = scribe_of(store, "nowhere")
    calls = [
        store.get_database("nowhere"),
        store.delete_database("nowhere"),
        store.describe_database("nowhere", "", ""),
        store.list_branches("nowhere"),
        store.ref_log("nowhere", "main", Cursor()),
        store.resolve("nowhere", Revision(branch="main")),
        store.get("nowhere", State(None, "main"), ["Movie/1"]),
        nowhere.branch("main"),
        nowhere.write("main", {"Movie/1": b"1"}),
        nowhere.contents(State(None, "main")),
    ]
    for call in calls:
        with pytest.raises(NotFound) as refusal:
            await call
        assert refusal.value.field == "database"


async def test_a_deleted_database_leaves_nothing_to_one_of_the_same_name(store, scribe, outbox):
    first = await scribe.write("main", {"Movie/1": b"1"})
    await store.delete_database("oms")
    assert await outbox.pending() == []

    await store.create_database(Database("oms"))
    assert await store.list_branches("oms") == []
    await scribe.branch("main")
    assert (await store.get_branch("oms", "main")).incarnation == 1
    assert await scribe.contents(await scribe.head("main")) == {}
    with pytest.raises(NotFound):
        await store.get_commit("oms", first.commit)
    assert [entry.number for entry in await store.ref_log("oms", "main", Cursor())] == [1]


async def test_databases_share_nothing(store, scribe, scribe_of):
    await store.create_database(Database("other"))
    other = scribe_of(store, "other")
    await other.branch("main")
    commit = (await other.write("main", {"Movie/1": b"theirs"})).commit
    await scribe.write("main", {"Movie/1": b"ours"})

    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"ours"}
    for call in (
        store.get_commit("oms", commit),
        store.resolve("oms", Revision(commit=commit)),
        store.get("oms", State(commit, None), ["Movie/1"]),
        scribe.branch("copy", Revision(commit=commit)),
    ):
        with pytest.raises(NotFound):
            await call

    await store.delete_database("other")
    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"ours"}


async def test_a_closed_store_says_so_and_closes_twice(open_store, scribe_of):
    store = await open_store()
    await store.create_database(Database("oms"))
    await store.close()
    await store.close()
    for call in (store.ping(), store.get_database("oms"), scribe_of(store).branch("main")):
        with pytest.raises(Unavailable):
            await call
