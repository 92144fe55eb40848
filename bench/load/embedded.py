"""An embedded store with many small documents, without services around it: what the rows about growth stand on."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.ports import Plan, Planner, WriteRequest
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Change, Graph

BRANCH = "dev/oms/main"
WHO = Attribution("alice@bench", "alice@bench", "bench", "RPC", "/bench", "bench")
_COMMIT_DOCUMENTS = 20_000
_BODY = b'{"@id":"%s","@type":"Small","n":%d,"text":"' + b"x" * 130 + b'"}'


def document_id(number: int) -> str:
    """Ids of one length, in order of their numbers."""
    return f"Small/{number:09}"


def small(number: int, version: int = 0) -> bytes:
    """A document of about 200 bytes."""
    return _BODY % (document_id(number).encode(), version)


def insertion(first: int, count: int) -> Planner:
    """Creates documents of that many numbers from `first` on, without looking at what is there."""
    ids = [document_id(number) for number in range(first, first + count)]
    return lambda _: Plan(tuple(ids), tuple(_created(first + place, each) for place, each in enumerate(ids)))


def update(number: int, old: int, new: int) -> Planner:
    """Replaces one version of a document by another."""
    each = document_id(number)
    change = Change(Graph.INSTANCE, each, "Small", small(number, old), small(number, new))
    return lambda _: Plan((each,), (change,))


def _created(number: int, each: str) -> Change:
    return Change(Graph.INSTANCE, each, "Small", None, small(number))


@asynccontextmanager
async def filled(file: Path, count: int) -> AsyncIterator[EmbeddedStore]:
    """A store whose main branch has so many documents, in commits of 20 000."""
    store = await EmbeddedStore.open(file)
    try:
        await store.create_database(Database("oms"))
        for first in range(0, count, _COMMIT_DOCUMENTS):
            await write(store, insertion(first, min(_COMMIT_DOCUMENTS, count - first)))
        yield store
    finally:
        await store.close()


async def write(store: EmbeddedStore, planner: Planner, branch: str = BRANCH) -> str:
    """One commit; gives its id."""
    done = await store.write(WriteRequest("oms", branch, WHO, planner, create_branch=True))
    if done.commit is None:
        raise RuntimeError("the commit has no id")
    return done.commit


async def median_ms(call: Callable[[int], Awaitable[object]], rounds: int) -> float:
    """The median time of calls made one after another; each is given its number from 0."""
    times_s = []
    for number in range(rounds):
        began_s = time.perf_counter()
        await call(number)
        times_s.append(time.perf_counter() - began_s)
    return 1000 * median(times_s)
