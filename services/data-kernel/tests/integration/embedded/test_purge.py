"""What was purged is in no file of the store any more: it must be found there before, and is not found afterwards."""

import asyncio

import apsw
import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.documents import bodies, property_index
from data_kernel.application.ports import DetachedRequest, Idempotency, Plan, PurgeRequest, ValueQuery
from data_kernel.domain.databases import Database, Revision, State
from data_kernel.domain.documents import Change, Graph

PLANTED = "Ada Lovelace, geboren in Piccadilly №1"
SMALL = f'{{"name":"{PLANTED}"}}'.encode()
LARGE = b'{"padding":"' + b"x" * 50_000 + b'","name":"' + PLANTED.encode() + b'"}'
BLOBS = (("node", "bytes"), ("body", "bytes"), ("commit_record", "record"), ("commit_record", "delta"))


def files(path):
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


def found_in(path, planted):
    return sorted(name for name, data in files(path).items() if planted in data)


def decoded(path, planted):
    """Tables of which a decoded row holds the value."""
    connection = apsw.Connection(str(path))
    connection.pragma("query_only", True)
    try:
        tables = {
            name
            for name, column in BLOBS
            for row in connection.execute(f"SELECT {column} FROM {name}")
            if planted in (row[0] or b"")
        }
        texts = ("idempotency", "outbox", "ref_update", "branch", "tag", "database", "property_index")
        tables |= {
            name
            for name in texts
            for row in connection.execute(f"SELECT * FROM {name}")
            if any(planted.decode() in str(value) for value in row)
        }
        contents = [bodies.decode(row).content for (row,) in connection.execute("SELECT bytes FROM body")]
    finally:
        connection.close()
    return tables | {"content" for content in contents if planted in content}


@pytest.fixture
async def planted(store, put, attribution, indexes_saved):
    """The value in many places: small and large, at heads, in the past, on a snapshot, on no branch, with a key.

    And what stands for it in an index.
    """
    await put(store, "Person/1", SMALL, idempotency=Idempotency("key", "fingerprint"))
    await put(store, "Person/2", LARGE)
    await store.create_branch("oms", "dev/oms/snapshot-1", attribution, Revision(branch="main"))
    for n in range(100):  # beyond the last stored roots
        await put(store, f"Movie/{n}", b"%d" % n)
    await put(store, "Person/1", SMALL + b" ")
    head = (await store.get_branch("oms", "main")).head

    def plan(view):
        return Plan((), (Change(Graph.INSTANCE, "Person/2", "Person", LARGE, LARGE[::-1] + PLANTED.encode()),))

    await store.write_detached(DetachedRequest("oms", "main", attribution, head, (head,), plan))
    batches = store.find("oms", State(head, "main"), ValueQuery("Person", "name", PLANTED))
    assert [each.id async for batch in batches for each in batch] == ["Person/1", "Person/2"]
    await indexes_saved(1)
    return PLANTED.encode()


async def keys_of(store):
    """The keys with which one could guess at what was purged: of the documents, then of the indexes of their values."""

    def read(access):
        keys = access.connection.execute(
            "SELECT key FROM document_key WHERE id LIKE 'Person/%' UNION ALL SELECT key FROM property_index"
        )
        return [key for (key,) in keys]

    return await store._readers.read(read)


async def test_a_purged_value_is_in_no_file_of_the_store(store, path, put, planted, check_sound):
    keys = await keys_of(store)
    entry = property_index.digest(keys[-1], ("str", PLANTED)) + b"Person/1"
    nodes = await store._readers.read(lambda access: access.connection.execute("SELECT bytes FROM node").fetchall())
    assert any(entry in node for (node,) in nodes)
    assert found_in(path, planted)
    assert decoded(path, planted) == {"body", "content"}
    assert all(found_in(path, key) for key in keys)

    await store.purge(PurgeRequest("oms", ("Person/1", "Person/2"), "certificate-7"))
    assert found_in(path, planted) == []
    assert decoded(path, planted) == set()
    assert [found_in(path, key) for key in keys] == [[], [], []]
    assert found_in(path, b"certificate-7")

    await put(store, "Person/1", b"another")
    await store.close()
    check_sound(path)
    assert found_in(path, planted) == []


async def test_the_keys_of_purged_versions_are_gone_and_redacted_heads_stay_verifiable(store, path, put, check_sound):
    await put(store, "Person/1", SMALL)
    await put(store, "Person/2", SMALL)
    old = await keys_of(store)
    await put(store, "Person/1", b"redacted", redacts=True)
    head = (await put(store, "Person/2", b"changed")).commit
    assert found_in(path, PLANTED.encode())
    await store.purge(PurgeRequest("oms", ("Person/1", "Person/2"), "certificate-7", keeps=head))
    assert [found_in(path, needle) for needle in (PLANTED.encode(), *old)] == [[], [], []]

    def digests(access):
        rows = [row for (row,) in access.connection.execute("SELECT bytes FROM body ORDER BY position")]
        return [bodies.digest(row) is not None for row in rows]

    assert await store._readers.read(digests) == [False, False, True, False]
    check_sound(path)


async def test_a_reader_that_holds_the_log_is_waited_for(store, path, put, planted):
    holder = apsw.Connection(str(path))
    holder.execute("BEGIN")
    holder.execute("SELECT * FROM meta").fetchall()
    purging = asyncio.ensure_future(store.purge(PurgeRequest("oms", ("Person/1", "Person/2"), "certificate-7")))
    while store.purge_epoch == 0:
        await store.ping()
    assert not purging.done()
    holder.execute("COMMIT")
    holder.close()
    assert (await purging).versions == 4
    assert found_in(path, planted) == []


async def test_a_value_purged_in_the_group_it_was_written_in_is_gone(path, put):
    store = await EmbeddedStore.open(path)
    await store.create_database(Database("oms"))
    writes = [put(store, "Person/1", SMALL + b" " * n, create_branch=True) for n in range(20)]
    *_, outcome = await asyncio.gather(*writes, store.purge(PurgeRequest("oms", ("Person/1",), "certificate-7")))
    assert outcome.versions == 20
    assert found_in(path, PLANTED.encode()) == []
    await store.close()
