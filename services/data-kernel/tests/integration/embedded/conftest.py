import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from data_kernel.adapters.embedded import EmbeddedStore, StoreCounters
from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.application.ports import Plan, Planner, WriteOutcome, WriteRequest, WriterView
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Change, Graph

ALICE = Attribution("alice@oms", "alice@oms", "a message", "POST", "/movies", "oms")
Put = Callable[..., Awaitable[WriteOutcome]]


def putting(document_id: str, body: bytes) -> Planner:
    def plan(view: WriterView) -> Plan:
        stored = view.get(Graph.INSTANCE, document_id)
        before = None if stored is None else stored.body
        change = Change(Graph.INSTANCE, document_id, document_id.split("/", maxsplit=1)[0], before, body)
        return Plan((document_id,), (change,))

    return plan


@pytest.fixture
def attribution() -> Attribution:
    return ALICE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kernel" / "store.db"


@pytest.fixture
def counters() -> StoreCounters:
    return StoreCounters()


@pytest.fixture
async def store(path: Path, counters: StoreCounters) -> AsyncIterator[EmbeddedStore]:
    """A store with the database `oms` and its orphan branch `main`."""
    opened = await EmbeddedStore.open(path, metrics=counters)
    await opened.create_database(Database("oms"))
    await opened.create_branch("oms", "main", ALICE)
    yield opened
    await opened.close()


@pytest.fixture
def put() -> Put:
    """Writes one document: `await put(store, id, body, **fields of the request)`."""

    async def write(
        store: EmbeddedStore, document_id: str, body: bytes, *, database: str = "oms", **fields: object
    ) -> WriteOutcome:
        return await store.write(WriteRequest(database, "main", ALICE, putting(document_id, body), **fields))

    return write


@pytest.fixture
def indexes_saved(counters: StoreCounters) -> Callable[[int], Awaitable[None]]:
    """Waits until so many indexes of properties were saved in the test."""

    async def wait(count: int) -> None:
        async with asyncio.timeout(20):
            while counters.indexes_saved_total < count:
                await asyncio.sleep(0)

    return wait


@pytest.fixture
def check_sound() -> Callable[[Path], None]:
    """Every hash of the store's file is right, and every record is what the others say of it."""

    def check(path: Path) -> None:
        assert verify_file(path, lambda *_: None).fault is None

    return check
