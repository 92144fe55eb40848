"""The cache before the store: fewer questions, never an old answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from data_kernel.adapters.cached import CachedStore, DocumentCache
from data_kernel.application.ports import PurgeOutcome, PurgeRequest
from data_kernel.domain.databases import Revision, State
from data_kernel.domain.documents import Graph, StoredDocument
from shared.telemetry import Telemetry

MAIN = Revision(branch="dev/oms/main")


class NoMetrics:
    def store_call(self, operation: str, outcome: str, duration_s: float) -> None:
        pass


@dataclass
class Store:
    """One branch with one document, whose body is the commit's number."""

    movements: int = 1
    purge_epoch: int = 0
    asked: list[str] = field(default_factory=list)
    moves_while_resolving: bool = False
    read: asyncio.Event | None = None
    goes_on: asyncio.Event | None = None

    async def resolve(self, database: str, revision: Revision) -> State:
        self.asked.append("resolve")
        head = State(str(self.movements), revision.branch)
        if self.moves_while_resolving:
            self.moves_while_resolving = False
            self.movements += 1
        return head

    async def get(
        self, database: str, state: State, document_ids: Sequence[str], graph: Graph = Graph.INSTANCE
    ) -> list[StoredDocument | None]:
        self.asked.append(f"get {' '.join(document_ids)}")
        if self.goes_on is not None and self.read is not None:
            self.read.set()
            await self.goes_on.wait()
        found = StoredDocument("A/1", "A", str(state.commit).encode())
        return [found if document_id == "A/1" else None for document_id in document_ids]

    async def purge(self, request: PurgeRequest) -> PurgeOutcome:
        self.asked.append("purge")
        self.purge_epoch += 1
        return PurgeOutcome(1, self.purge_epoch)

    async def delete_database(self, name: str) -> None:
        self.asked.append("delete")


def cached(store: Store, budget_bytes: int = 100_000) -> CachedStore:
    return CachedStore(store, Telemetry.off("t").tracer, NoMetrics(), 5, budget_bytes)  # type: ignore[arg-type]


async def test_the_same_question_is_asked_once() -> None:
    store = Store()
    cache = cached(store)
    for _ in range(3):
        state = await cache.resolve("oms", MAIN)
        (document,) = await cache.get("oms", state, ["A/1"])
        assert document is not None
        assert document.body == b"1"
    assert store.asked == ["resolve", "get A/1"]


async def test_a_movement_is_seen_at_once() -> None:
    store = Store()
    cache = cached(store)
    assert (await cache.resolve("oms", MAIN)).commit == "1"
    store.movements = 2
    state = await cache.resolve("oms", MAIN)
    (document,) = await cache.get("oms", state, ["A/1"])
    assert (state.commit, document and document.body) == ("2", b"2")


async def test_a_head_that_moves_while_it_is_read_is_not_kept() -> None:
    store = Store(moves_while_resolving=True)
    cache = cached(store)
    assert (await cache.resolve("oms", MAIN)).commit == "1"
    assert (await cache.resolve("oms", MAIN)).commit == "2"


async def test_what_is_missing_is_asked_for_again_and_alone() -> None:
    store = Store()
    cache = cached(store)
    state = await cache.resolve("oms", MAIN)
    await cache.get("oms", state, ["A/1"])
    found = await cache.get("oms", state, ["A/2", "A/1"])
    assert [each and each.id for each in found] == [None, "A/1"]
    assert store.asked[-1] == "get A/2"


async def test_a_deleted_database_is_forgotten() -> None:
    store = Store()
    cache = cached(store)
    state = await cache.resolve("oms", MAIN)
    await cache.get("oms", state, ["A/1"])
    await cache.delete_database("oms")
    await cache.resolve("oms", MAIN)
    await cache.get("oms", state, ["A/1"])
    assert store.asked == ["resolve", "get A/1", "delete", "resolve", "get A/1"]


async def test_what_is_read_while_a_purge_is_made_is_not_kept() -> None:
    store = Store()
    cache = cached(store)
    state = await cache.resolve("oms", MAIN)
    store.read, store.goes_on = asyncio.Event(), asyncio.Event()
    reading = asyncio.ensure_future(cache.get("oms", state, ["A/1"]))
    await store.read.wait()
    await cache.purge(PurgeRequest("oms", ("A/1",), "certificate-7"))
    store.goes_on.set()
    await reading
    store.goes_on = None
    await cache.get("oms", state, ["A/1"])
    assert store.asked == ["resolve", "get A/1", "purge", "get A/1"]


def test_the_budget_holds_and_the_least_used_goes_first() -> None:
    cache = DocumentCache(budget_bytes=10_000)
    keys = [(0, "oms", "c", Graph.INSTANCE, f"A/{number}") for number in range(20)]
    for key in keys:
        cache.put(key, StoredDocument(key[4], "A", b"x" * 600))
        cache.get(keys[0])
    kept = [key for key in keys if cache.get(key)]
    assert kept == [keys[0], *keys[-9:]]
    cache.put((0, "oms", "c", Graph.INSTANCE, "A/big"), StoredDocument("A/big", "A", b"x" * 5000))
    assert cache.get((0, "oms", "c", Graph.INSTANCE, "A/big")) is None
