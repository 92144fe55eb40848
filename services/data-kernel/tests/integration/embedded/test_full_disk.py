import asyncio
from collections.abc import AsyncIterator

import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.domain.commits import Cursor
from data_kernel.domain.databases import Database, Revision
from shared.errors import Conflict, Unavailable

LARGE = b"x" * 40_000


@pytest.fixture
async def small(path, put) -> AsyncIterator[EmbeddedStore]:
    """A store of at most 1 MB, half of it taken by the database `ballast`."""
    store = await EmbeddedStore.open(path, max_size_bytes=1_000_000)
    await store.create_database(Database("oms"))
    await store.create_database(Database("ballast"))
    await put(store, "Ballast/1", b"b" * 500_000, database="ballast", create_branch=True)
    yield store
    await store.close()


async def fill(store, put):
    made = []
    for n in range(100):
        try:
            outcome = await put(store, f"Movie/{n}", LARGE, create_branch=True)
        except Unavailable as refusal:
            return made, refusal
        made.append(outcome.commit)
    pytest.fail("a hundred documents of 40 KB fitted into 1 MB")


async def test_a_full_disk_refuses_the_write_and_nothing_of_it_is_there(small, put):
    made, refusal = await fill(small, put)
    assert refusal.detail == "the store's disk is full"
    assert refusal.retry_after_s > 0
    assert len(made) > 3
    state = await small.resolve("oms", Revision(branch="main"))
    assert state.commit == made[-1]
    assert [commit.id for commit in await small.log("oms", state)] == made[::-1]
    assert len(await small.ref_log("oms", "main", Cursor())) == len(made) + 1
    found = await small.get("oms", state, [f"Movie/{n}" for n in range(len(made) + 1)])
    assert [document is None for document in found] == [False] * len(made) + [True]


async def test_the_store_goes_on_when_there_is_space_again(small, put):
    made, _ = await fill(small, put)
    await small.delete_database("ballast")
    after = await put(small, "Movie/after", LARGE)
    state = await small.resolve("oms", Revision(branch="main"))
    assert [commit.id for commit in await small.log("oms", state)] == [after.commit, *made[::-1]]
    log = await small.ref_log("oms", "main", Cursor())
    assert [entry.number for entry in log] == list(range(1, len(made) + 3))


async def test_a_group_that_meets_the_full_disk_is_refused_save_what_was_refused_already(small, put):
    made, _ = await fill(small, put)
    results = await asyncio.gather(
        put(small, "Movie/a", LARGE, expected_head="0" * 31),
        put(small, "Movie/b", LARGE),
        put(small, "Movie/c", LARGE),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [Conflict, Unavailable, Unavailable]
    assert (await small.get_branch("oms", "main")).head == made[-1]


async def test_what_was_acknowledged_is_there_after_a_restart(small, path, put, check_sound):
    made, _ = await fill(small, put)
    await small.close()
    store = await EmbeddedStore.open(path)
    state = await store.resolve("oms", Revision(branch="main"))
    found = [commit.id for commit in await store.log("oms", state)]
    await put(store, "Movie/after", LARGE)
    await store.close()
    assert found == made[::-1]
    check_sound(path)
