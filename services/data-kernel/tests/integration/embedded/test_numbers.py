"""Times and ids, with a clock that the test turns."""

from random import Random

import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.encoding.times import to_us
from data_kernel.application.ports import Idempotency
from data_kernel.domain.commits import Cursor
from data_kernel.domain.databases import Database, Revision
from shared.errors import Conflict

NOON_US = 1_800_000_000_000_000
DAY_US = 86_400_000_000


class Clock:
    def __init__(self):
        self.now_us = NOON_US

    def __call__(self):
        return self.now_us


@pytest.fixture
def clock():
    return Clock()


async def times_us(store):
    return [to_us(entry.time) for entry in await store.ref_log("oms", "main", Cursor())]


async def test_times_grow_when_the_clock_stands_still_or_goes_back_even_after_a_restart(path, put, clock):
    store = await EmbeddedStore.open(path, clock=clock)
    await store.create_database(Database("oms"))
    await put(store, "Movie/1", b"1", create_branch=True)
    clock.now_us -= 3_600_000_000
    await put(store, "Movie/1", b"2")
    await store.close()
    store = await EmbeddedStore.open(path, clock=clock)
    await put(store, "Movie/1", b"3")
    clock.now_us = NOON_US + 50
    await put(store, "Movie/1", b"4")
    found = await times_us(store)
    await store.close()
    assert found == [NOON_US, NOON_US + 1, NOON_US + 2, NOON_US + 3, NOON_US + 50]


async def test_times_grow_over_all_branches(path, put, clock, attribution):
    store = await EmbeddedStore.open(path, clock=clock)
    await store.create_database(Database("oms"))
    await put(store, "Movie/1", b"1", create_branch=True)
    await store.create_branch("oms", "copy", attribution, Revision(branch="main"))
    await store.delete_branch("oms", "copy", attribution)
    entries = [entry.update for entry in await store.outbox.pending()]
    await store.close()
    assert [to_us(update.time) - NOON_US for update in entries] == [0, 1, 2, 3]


async def test_the_same_history_with_the_same_clock_and_random_source_has_the_same_ids(tmp_path, put, clock):
    commits = []
    for name in ("one", "two"):
        clock.now_us = NOON_US
        store = await EmbeddedStore.open(tmp_path / name, clock=clock, random=Random(7).randbytes)
        await store.create_database(Database("oms"))
        made = [await put(store, f"Movie/{n}", b"1", create_branch=True) for n in range(3)]
        commits.append([outcome.commit for outcome in made])
        await store.close()
    assert commits[0] == commits[1]
    assert len(set(commits[0])) == 3


async def test_idempotency_keys_are_kept_for_a_day(path, put, clock):
    store = await EmbeddedStore.open(path, clock=clock)
    await store.create_database(Database("oms"))
    key = Idempotency("key", "one")
    first = await put(store, "Movie/1", b"1", create_branch=True, idempotency=key)
    clock.now_us = NOON_US + DAY_US - 1_000_000
    with pytest.raises(Conflict):
        await put(store, "Movie/1", b"2", idempotency=Idempotency("key", "another"))
    assert await put(store, "Movie/1", b"1", idempotency=key) == first
    clock.now_us = NOON_US + DAY_US + 1_000_000
    again = await put(store, "Movie/1", b"2", idempotency=Idempotency("key", "another"))
    await store.close()
    assert again.changed
    assert again.commit != first.commit


async def test_old_idempotency_answers_are_swept_out(path, put, clock):
    store = await EmbeddedStore.open(path, clock=clock)
    await store.create_database(Database("oms"))
    for n in range(5):
        await put(store, "Movie/1", b"%d" % n, create_branch=True, idempotency=Idempotency(f"key-{n}", "f"))
    clock.now_us += 2 * DAY_US
    await put(store, "Movie/1", b"5", idempotency=Idempotency("key-5", "f"))
    kept = await store._readers.read(lambda access: access.connection.execute("SELECT key FROM idempotency").fetchall())
    await store.close()
    assert kept == [("key-5",)]


async def test_the_age_of_the_outbox_is_that_of_its_oldest_entry(path, put, clock):
    store = await EmbeddedStore.open(path, clock=clock)
    await store.create_database(Database("oms"))
    await put(store, "Movie/1", b"1", create_branch=True)
    clock.now_us += 90_000_000
    await put(store, "Movie/1", b"2")
    depth = await store.outbox.depth()
    await store.close()
    assert depth == (3, 90.0)
