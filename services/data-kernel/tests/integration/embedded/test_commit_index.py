"""Commits are found by their ids wherever the index has them: in memory, just batched, or in the table alone."""

import asyncio
import threading

import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.commits import ancestry, commit_index
from data_kernel.domain.databases import Database, Revision
from shared.errors import NotFound

BATCH = 16


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(commit_index, "BATCH", BATCH)


async def indexed(store):
    def count(access):
        return access.connection.execute("SELECT count(*) FROM commit_index").get

    return await store._readers.read(count)


async def check(store, database, commits):
    for commit in commits:
        assert (await store.get_commit(database, commit)).id == commit
    await store.resolve(database, Revision(commit=commits[0]))


async def test_a_read_that_began_before_a_batch_finds_the_batchs_commits(path, put):
    store = await EmbeddedStore.open(path)
    await store.create_database(Database("oms"))
    commits = [(await put(store, "Movie/1", b"%d" % n, create_branch=True)).commit for n in range(BATCH - 2)]
    began, goes_on = threading.Event(), threading.Event()

    def slow(access):
        access.connection.execute("SELECT count(*) FROM commit_index").fetchall()  # what this read sees is settled now
        began.set()
        assert goes_on.wait(30)
        return [ancestry.position_of(access, 1, commit) for commit in commits]

    reading = asyncio.ensure_future(store._readers.read(slow))
    assert await asyncio.to_thread(began.wait, 30)
    for n in range(BATCH // 2):
        await put(store, "Movie/2", b"%d" % n)
    assert await indexed(store) >= BATCH
    goes_on.set()
    positions = await reading
    await store.close()
    assert positions == sorted(set(positions))


async def test_every_commit_is_found_while_batches_are_made_and_after_a_restart(path, put, check_sound):
    store = await EmbeddedStore.open(path)
    made = {"one": [], "two": []}
    for name in made:
        await store.create_database(Database(name))
    for n in range(5 * BATCH):
        for name, commits in made.items():
            outcome = await put(store, "Movie/1", b"%d" % n, database=name, create_branch=True)
            commits.append(outcome.commit)
            await check(store, name, commits[-2 * BATCH :])
    total = sum(map(len, made.values()))
    assert total - 2 * BATCH < await indexed(store) <= total
    await store.close()

    store = await EmbeddedStore.open(path)
    for name, commits in made.items():
        await check(store, name, commits)
    await store.delete_database("one")
    assert await indexed(store) <= len(made["two"])
    await check(store, "two", made["two"])
    with pytest.raises(NotFound):
        await store.get_commit("two", made["one"][0])
    for n in range(3 * BATCH):
        await put(store, "Movie/1", b"again %d" % n, database="two")
    await store.close()

    store = await EmbeddedStore.open(path)
    await check(store, "two", made["two"])
    await store.close()
    check_sound(path)
