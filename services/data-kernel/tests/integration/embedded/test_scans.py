"""A listing that nobody reads on stops in the store."""

import asyncio
from contextlib import aclosing

import pytest

from data_kernel.application.ports import Plan, ScanQuery, WriteRequest
from data_kernel.domain.databases import Revision, State
from data_kernel.domain.documents import Change, Graph

MANY = 12_000


@pytest.fixture
async def state(store, attribution):
    changes = tuple(Change(Graph.INSTANCE, f"Movie/{n:05}", "Movie", None, b"1") for n in range(MANY))
    await store.write(WriteRequest("oms", "main", attribution, lambda view: Plan((), changes)))
    return await store.resolve("oms", Revision(branch="main"))


async def test_a_listing_counts_the_rows_it_looks_at(store, state, counters):
    read = sum([len(batch) async for batch in store.scan("oms", state, ScanQuery(type_name="Movie"))])
    assert read == counters.rows_scanned_total == MANY
    assert counters.scans_in_progress == 0


async def test_a_closed_listing_reads_no_further(store, state, counters):
    async with aclosing(store.scan("oms", state, ScanQuery())) as batches:
        await anext(batches)
        assert counters.scans_in_progress == 1
    assert counters.scans_in_progress == 0
    await store.ping()
    assert counters.rows_scanned_total <= 1001


async def test_a_cancelled_listing_reads_no_further(store, state, counters):
    begun = asyncio.Event()

    async def read():
        async for _ in store.scan("oms", state, ScanQuery()):
            begun.set()

    reading = asyncio.ensure_future(read())
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert counters.scans_in_progress == 0
    looked_at = counters.rows_scanned_total
    await store.ping()
    assert counters.rows_scanned_total == looked_at < MANY


async def test_a_closed_diff_compares_no_further(store, state, counters):
    async with aclosing(store.diff("oms", State(None, None), state)) as batches:
        await anext(batches)
        assert counters.scans_in_progress == 1
    assert counters.scans_in_progress == 0
    assert counters.rows_scanned_total <= 1001


async def test_a_slow_reader_keeps_no_transaction_open(store, state, put):
    async with aclosing(store.scan("oms", state, ScanQuery())) as batches:
        await anext(batches)
        await put(store, "Movie/x", b"1")
        connection = store._writer._session.connection
        # A reader's open transaction would keep a part of the log from being taken into the file.
        busy, _, _ = await asyncio.to_thread(lambda: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").get)
        assert busy == 0
