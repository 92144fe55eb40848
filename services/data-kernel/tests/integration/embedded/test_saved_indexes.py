"""Indexes that were saved: what is looked at after a restart, and what becomes of them with what they are of."""

from datetime import timedelta
from random import Random

import apsw
import pytest

from data_kernel.adapters.embedded import EmbeddedStore, StoreCounters
from data_kernel.adapters.embedded.backup import back_up, restore
from data_kernel.adapters.embedded.documents import property_index, reads, saved_indexes
from data_kernel.adapters.embedded.documents.property_index import IndexedProperty
from data_kernel.adapters.embedded.documents.saved_indexes import SAVED_AGAIN_AFTER, Saving
from data_kernel.application.ports import Plan, PurgeRequest, ValueQuery, WriteRequest
from data_kernel.domain.databases import Database, Revision
from data_kernel.domain.documents import Change, Graph
from data_kernel.domain.retention import Retention

MANY = 3_000
QUERY = ValueQuery("Movie", "year", 1979)
FOUND = ["Movie/0000", "Movie/1000", "Movie/1979", "Movie/2000"]
AT_ONCE = Retention(unattached=timedelta(0))


def body(year):
    return b'{"year":%d}' % year


def first_documents():
    return {f"Movie/{n:04}": body(1979 if n % 1000 == 0 else n) for n in range(MANY)}


async def write(store, attribution, documents, branch="main"):
    types = {each: each.split("/")[0] for each in documents}
    planned = tuple(Change(Graph.INSTANCE, each, types[each], None, after) for each, after in documents.items())
    await store.write(WriteRequest("oms", branch, attribution, lambda _: Plan((), planned), create_branch=True))
    return await store.resolve("oms", Revision(branch=branch))


@pytest.fixture
async def state(store, attribution):
    return await write(store, attribution, first_documents())


@pytest.fixture
def looked_at(counters):
    """Finds, and tells how many documents were looked at."""

    async def find(store, state, query=QUERY):
        before = counters.rows_scanned_total
        found = [each.id async for batch in store.find("oms", state, query) for each in batch]
        return found, counters.rows_scanned_total - before

    return find


@pytest.fixture
def reopened(path, counters):
    """Another process's store, as far as memory goes; the first one is closed."""

    async def reopen(store, **options):
        await store.close()
        return await EmbeddedStore.open(path, metrics=counters, **options)

    return reopen


def rows(path, statement="SELECT type, property, hex(key) FROM property_index"):
    connection = apsw.Connection(str(path))
    connection.pragma("query_only", True)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


async def announce_all(store):
    while announced := await store.outbox.pending():
        await store.outbox.delivered([entry.sequence for entry in announced])


async def test_a_restart_does_not_look_at_the_class_again(store, state, looked_at, reopened, path, check_sound):
    assert await looked_at(store, state) == (FOUND, MANY)
    store = await reopened(store)
    assert await looked_at(store, state) == (FOUND, 4)
    assert await looked_at(store, state, ValueQuery("Movie", "year", 5)) == (["Movie/0005"], 1)
    await store.close()
    check_sound(path)


async def test_what_was_written_since_is_told_by_the_difference(store, state, looked_at, reopened, attribution):
    await looked_at(store, state)
    changed = await write(store, attribution, {"Movie/0000": body(1), "Movie/1000": None, "Movie/9999": body(1979)})
    store = await reopened(store)
    assert await looked_at(store, changed) == (["Movie/1979", "Movie/2000", "Movie/9999"], 3)
    assert await looked_at(store, state) == (FOUND, 4)
    await store.close()


async def test_it_is_saved_again_once_it_lies_far_enough_ahead(
    store, state, looked_at, counters, indexes_saved, attribution
):
    await looked_at(store, state)
    await indexes_saved(1)
    near = await write(store, attribution, {f"Movie/{n:04}": body(0) for n in range(1, SAVED_AGAIN_AFTER)})
    await looked_at(store, near)
    far = await write(store, attribution, {"Movie/2999": body(0)})
    await looked_at(store, far)
    await indexes_saved(2)
    assert await looked_at(store, state) == (FOUND, 4)
    await store.close()
    assert counters.indexes_saved_total == 2, "neither the near one nor the older one was saved"


async def test_an_index_that_was_saved_twice_leaves_nothing_behind(
    store, state, looked_at, reopened, indexes_saved, attribution, path, check_sound
):
    await looked_at(store, state)
    await indexes_saved(1)
    changed = await write(store, attribution, {f"Movie/{n:04}": body(0) for n in range(1, 900)})
    await looked_at(store, changed)
    await indexes_saved(2)
    collected = await store.collect("oms", AT_ONCE)
    assert collected.commits == 0
    assert collected.nodes > 10, "those of the index that another one took the place of"
    assert (await store.collect("oms", AT_ONCE)).nodes == 0
    assert await looked_at(store, changed) == (FOUND, 4)
    store = await reopened(store)
    assert await looked_at(store, changed) == (FOUND, 4)
    await write(store, attribution, {f"Movie/{n:04}": body(3) for n in range(1, 900)})
    await store.close()
    check_sound(path)


async def test_the_index_of_a_collected_commit_goes_with_it(
    store, state, looked_at, indexes_saved, attribution, path, check_sound
):
    passing = await write(store, attribution, first_documents() | {"Movie/9999": body(1979)}, "passing")
    await looked_at(store, passing)
    await indexes_saved(1)
    await store.delete_branch("oms", "passing", attribution)
    await announce_all(store)
    expected = await store.collect("oms", AT_ONCE, dry_run=True)
    assert await store.collect("oms", AT_ONCE) == expected
    assert expected.commits == 1
    assert rows(path) == []
    assert await looked_at(store, state) == (FOUND, MANY)
    await indexes_saved(2)
    await store.close()
    check_sound(path)


async def test_a_question_goes_on_when_nodes_of_its_index_are_taken(
    store, looked_at, indexes_saved, attribution, path, check_sound
):
    many = {f"Movie/{n:04}": body(1979) for n in range(MANY)}
    state = await write(store, attribution, many)
    passing = await write(store, attribution, many | {"Movie/9999": body(1979)}, "passing")
    await looked_at(store, passing)
    await indexes_saved(1)
    reading = store.find("oms", state, QUERY)  # by the same nodes but a few
    found = [each.id for each in await anext(reading)]
    assert len(found) == reads.BATCH_ROWS
    await store.delete_branch("oms", "passing", attribution)
    await announce_all(store)
    assert (await store.collect("oms", AT_ONCE)).nodes > 100
    found += [each.id async for batch in reading for each in batch]
    assert found == list(many)
    assert await looked_at(store, state) == (list(many), MANY)
    await store.close()
    check_sound(path)


async def test_a_purge_takes_the_indexes_of_its_database_with_their_keys(
    store, state, looked_at, indexes_saved, reopened, path, check_sound
):
    await looked_at(store, state)
    await indexes_saved(1)
    ((_, _, key),) = rows(path)
    value = property_index.digest(bytes.fromhex(key), ("number", 1979))
    nodes = b"".join(data for (data,) in rows(path, "SELECT bytes FROM node"))
    assert value + b"Movie/1000" in nodes

    await store.purge(PurgeRequest("oms", ("Movie/1000",), "certificate-7"))
    assert rows(path) == []
    assert all(bytes.fromhex(key) not in file.read_bytes() for file in path.parent.iterdir())
    left = ["Movie/0000", "Movie/1979", "Movie/2000"]
    assert await looked_at(store, state) == (left, MANY)
    await indexes_saved(2)
    ((_, _, new_key),) = rows(path)
    assert new_key != key
    store = await reopened(store)
    assert await looked_at(store, state) == (left, 3)
    await store.close()
    check_sound(path)


async def test_an_index_begun_before_a_purge_is_not_saved_after_it(store, state, counters, path):
    reading = store.find("oms", state, QUERY)
    found = [each.id for each in await anext(reading)]
    await store.purge(PurgeRequest("oms", ("Movie/1979",), "certificate-7"))
    found += [each.id async for batch in reading for each in batch]
    assert found == ["Movie/0000", "Movie/1000", "Movie/2000"]
    await store.close()
    assert rows(path) == []
    assert counters.indexes_saved_total == counters.indexes_not_saved_total == 0


async def test_an_index_begun_before_a_collection_is_not_saved_after_it(
    store, state, looked_at, indexes_saved, counters, path
):
    await looked_at(store, state)
    await indexes_saved(1)
    of = IndexedProperty("oms", "Movie", "year")
    begun = store._indexes.get(of)
    await store.collect("oms", AT_ONCE)
    store._saver.begin(of, begun._replace(distance=None))
    await store.close()
    assert counters.indexes_saved_total == 1, "nodes that it shares with another may have been taken"


async def delete_database(store):
    await store.delete_database("oms")


async def purge(store):
    await store.purge(PurgeRequest("oms", ("Movie/1979",), "certificate-7"))


@pytest.mark.parametrize("overtake", [delete_database, purge])
async def test_a_save_that_is_overtaken_ends_without_a_row(store, state, looked_at, path, monkeypatch, overtake):
    monkeypatch.setattr(saved_indexes, "SLICE_S", 0.0)
    await looked_at(store, state)
    of = IndexedProperty("oms", "Movie", "year")
    saving = Saving(of, store._indexes.get(of))
    await store._saver.close()
    connection = store._session.connection
    await store._writer.alone(lambda _: connection.execute("DELETE FROM property_index").fetchall())
    assert await store._writer.alone(saving.go_on), "one slice is not enough"
    await overtake(store)
    assert not await store._writer.alone(saving.go_on)
    assert saving.saved is None
    await store.close()
    assert rows(path) == []


async def test_a_node_gets_no_position_of_one_that_was_taken(
    store, state, looked_at, reopened, indexes_saved, path, check_sound
):
    await looked_at(store, state)
    store = await reopened(store)
    years = [ValueQuery("Movie", "year", year) for year in range(1, 1_000, 5)]
    found = [await looked_at(store, state, each) for each in years]
    assert {looks for _, looks in found} == {1}, "and nearly all nodes of the index are in memory"
    await store.purge(PurgeRequest("oms", ("Movie/2000",), "certificate-7"))
    assert (await store.collect("oms", AT_ONCE)).nodes > 100
    assert (await looked_at(store, state))[1] == MANY
    await indexes_saved(2)
    assert [await looked_at(store, state, each) for each in years] == found
    await store.close()
    check_sound(path)


async def test_a_deleted_database_frees_its_indexes(store, state, looked_at, indexes_saved, path, check_sound):
    await looked_at(store, state)
    await indexes_saved(1)
    await store.delete_database("oms")
    await store.close()
    assert rows(path) == rows(path, "SELECT position FROM node") == []
    check_sound(path)


async def test_a_backup_has_the_indexes(store, state, looked_at, path, tmp_path, counters):
    await looked_at(store, state)
    await store.close()
    copy, restored = tmp_path / "copy.db", tmp_path / "restored.db"
    back_up(path, copy, lambda *_: None)
    restore(copy, restored, lambda *_: None)
    store = await EmbeddedStore.open(restored, metrics=counters)
    assert await looked_at(store, state) == (FOUND, 4)
    await store.close()


async def test_a_question_is_answered_although_its_index_finds_no_space(
    store, state, looked_at, reopened, counters, path, check_sound
):
    await store.close()
    store = await reopened(store, max_size_bytes=path.stat().st_size)
    assert await looked_at(store, state) == (FOUND, MANY)
    assert await looked_at(store, state) == (FOUND, 4), "it is in memory all the same"
    store = await reopened(store)
    assert (counters.indexes_saved_total, counters.indexes_not_saved_total) == (0, 1)
    assert rows(path) == []
    assert await looked_at(store, state) == (FOUND, MANY)
    await store.close()
    assert counters.indexes_saved_total == 1
    check_sound(path)


async def test_the_same_random_source_gives_the_same_keys(tmp_path, attribution):
    found = []
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        store = await EmbeddedStore.open(tmp_path / name, metrics=StoreCounters(), random=Random(seed).randbytes)
        await store.create_database(Database("oms"))
        state = await write(store, attribution, {"Movie/1": body(1979)})
        assert [each.id async for batch in store.find("oms", state, QUERY) for each in batch] == ["Movie/1"]
        await store.close()
        found.append(rows(tmp_path / name))
    assert found[0] == found[1] != found[2]
