"""A small store with a row of every kind, the same to the byte of its commit ids whenever and wherever it is made.

`python -m data_kernel_testing.filled_store <file>` makes one, of the format of the code that runs it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from data_kernel.adapters.embedded import EmbeddedStore, StoreMetrics
from data_kernel.adapters.embedded.commits import commit_index
from data_kernel.adapters.embedded.encoding.times import to_datetime
from data_kernel.application.ports import (
    DetachedRequest,
    Idempotency,
    Plan,
    Planner,
    PurgeRequest,
    WriteOutcome,
    WriteRequest,
    WriterView,
)
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database, Revision, Tag
from data_kernel.domain.documents import Change, Graph

NOW_US = 1_790_000_000_000_000
DATABASE, OTHER = "oms", "other"
BRANCHES = ("main", "side")
GONE = "gone"
PURGED = "Movie/07"
REPEATED = Idempotency("the key of Movie/30", "what it asked for")
ALICE = Attribution("alice@oms", "alice@oms", "a message", "POST", "/movies", "oms", "0af7651916cd43dd8448eb211c80319c")
_MOVIES = 24
_LATER = range(_MOVIES, 100)
_COMMITS_A_BATCH = 32


@asynccontextmanager
async def opened(path: Path, metrics: StoreMetrics | None = None) -> AsyncIterator[EmbeddedStore]:
    """The store, at its own time and with the random bytes that it is made with."""
    store = await EmbeddedStore.open(path, clock=lambda: NOW_US, random=Random(1979).randbytes, metrics=metrics)
    try:
        yield store
    finally:
        await store.close()


async def fill(path: Path) -> None:
    """Make the store."""
    batch, commit_index.BATCH = commit_index.BATCH, _COMMITS_A_BATCH  # so that the table of the index has rows
    try:
        async with opened(path) as store:
            await _write(store)
            await _announce(store)
    finally:
        commit_index.BATCH = batch


async def _write(store: EmbeddedStore) -> None:
    await store.create_database(Database(DATABASE, "Movies", "What is shown"))
    await store.create_branch(DATABASE, "main", ALICE)
    await _put(store, _first_documents)
    for name in ("side", GONE):
        await store.create_branch(DATABASE, name, ALICE, Revision(branch="main"))
    await store.delete_branch(DATABASE, GONE, ALICE)
    for number in _LATER:
        await _put(store, _movie(number), "side" if number % 3 == 0 else "main")
    await _put(store, _movie(30), key=REPEATED)
    await _put(store, _movie(30), key=Idempotency("the key of nothing", "no change"))
    side = (await store.get_branch(DATABASE, "side")).head
    await store.set_tag(Tag(DATABASE, "released", str(side)))
    await store.set_tag(Tag(DATABASE, "of-today", str((await store.get_branch(DATABASE, "main")).head)))
    await store.write_detached(DetachedRequest(DATABASE, "main", ALICE, side, (str(side),), _movie(500)))
    await store.purge(PurgeRequest(DATABASE, (PURGED,), "certificate-1"))
    await store.create_database(Database(OTHER))
    await _put(store, _movie(1), database=OTHER)


async def _announce(store: EmbeddedStore) -> None:
    """Most of the outbox is delivered; of what is left one has come half way, one waits, and one was given up."""
    pending = [entry.sequence for entry in await store.outbox.pending(limit=1000)]
    await store.outbox.delivered(pending[:-6])
    await store.outbox.progressed(pending[-6], 3)
    await store.outbox.refused(pending[-5], "the gateway is away", to_datetime(NOW_US + 60_000_000))
    await store.outbox.refused(pending[-4], "too large", None)


async def _put(
    store: EmbeddedStore,
    planner: Planner,
    branch: str = "main",
    *,
    database: str = DATABASE,
    key: Idempotency | None = None,
) -> WriteOutcome:
    return await store.write(
        WriteRequest(database, branch, ALICE, planner, idempotency=key, create_branch=database != DATABASE)
    )


def _first_documents(_: WriterView) -> Plan:
    """A class, movies that refer to a person, and one document whose id does not begin with its class."""
    refers = frozenset({"Person/ridley"})
    changes = [Change(Graph.SCHEMA, "Movie", "Class", None, b'{"@id":"Movie","@type":"Class"}')]
    changes += [Change(Graph.INSTANCE, "Person/ridley", "Person", None, b'{"name":"Ridley"}')]
    changes += [Change(Graph.INSTANCE, "odd", "Movie", None, b'{"title":"odd"}', refers)]
    changes += [
        Change(Graph.INSTANCE, f"Movie/{number:02}", "Movie", None, b'{"year":%d}' % (1950 + number), refers)
        for number in range(_MOVIES)
    ]
    return Plan((), tuple(changes))


def _movie(number: int) -> Planner:
    """One movie with a later year; some lose their reference."""
    document_id = f"Movie/{number % 40:02}"
    refers = frozenset({"Person/ridley"}) if number % 2 else frozenset()

    def plan(view: WriterView) -> Plan:
        stored = view.get(Graph.INSTANCE, document_id)
        before = None if stored is None else stored.body
        after = b'{"year":%d}' % (1950 + number)
        changes = (Change(Graph.INSTANCE, document_id, "Movie", before, after, refers),) if before != after else ()
        return Plan((document_id,), changes)

    return plan


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1])))
