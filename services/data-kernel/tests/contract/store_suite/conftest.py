"""The conformance suite of the store ports. It knows the ports alone: an adapter joins by its name in `ADAPTERS`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from data_kernel.adapters.cached import CachedStore
from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.ports import (
    DocumentStore,
    Outbox,
    Plan,
    Planner,
    ScanQuery,
    ValueQuery,
    WriteOutcome,
    WriteRequest,
    WriterView,
)
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database, Revision, State
from data_kernel.domain.documents import Change, Graph
from shared.canonical import Json
from shared.telemetry import Telemetry

OpenStore = Callable[[], Awaitable[EmbeddedStore]]


def open_embedded(folder: Path) -> OpenStore:
    return lambda: EmbeddedStore.open(folder / "store.db")


class CachedEmbedded(CachedStore):
    """The embedded store as the kernel uses it: observed, and with what was read kept in memory."""

    outbox: Outbox


class Unheard:
    """Nobody asks for latencies here."""

    def store_call(self, operation: str, outcome: str, duration_s: float) -> None:
        """Forget it."""


def open_cached(folder: Path) -> OpenStore:
    async def opened() -> CachedEmbedded:
        inner = await EmbeddedStore.open(folder / "store.db")
        store = CachedEmbedded(inner, Telemetry.off("data-kernel").tracer, Unheard(), 30, 1_000_000)
        store.outbox = inner.outbox
        return store

    return opened


ADAPTERS = {"cached": open_cached, "embedded": open_embedded}


class Scribe:
    """Writes bodies as they are to one database, by the port alone; a document's type is what its id begins with."""

    attribution = Attribution(
        author="alice@oms",
        actor="alice@oms",
        message="[oms] POST /movies",
        method="POST",
        route="/movies/{id}",
        service="oms",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )

    def __init__(self, store: DocumentStore, database: str = "oms") -> None:
        self.store = store
        self.database = database

    def request(self, branch: str, planner: Planner, **options: object) -> WriteRequest:
        return replace(WriteRequest(self.database, branch, self.attribution, planner), **options)

    async def branch(self, name: str, origin: Revision | None = None) -> None:
        await self.store.create_branch(self.database, name, self.attribution, origin)

    async def write(
        self,
        branch: str,
        documents: Mapping[str, bytes | None],
        *,
        graph: Graph = Graph.INSTANCE,
        references: Mapping[str, frozenset[str]] | None = None,
        types: Mapping[str, str] | None = None,
        **options: object,
    ) -> WriteOutcome:
        """Put the documents; `None` deletes."""
        planner = plan_of(documents, graph, references or {}, types or {})
        return await self.store.write(self.request(branch, planner, **options))

    def planner(self, documents: Mapping[str, bytes | None]) -> Planner:
        """Puts documents without references; `None` deletes."""
        return plan_of(documents, Graph.INSTANCE, {}, {})

    async def head(self, branch: str) -> State:
        return await self.store.resolve(self.database, Revision(branch=branch))

    async def contents(self, state: State, **query: object) -> dict[str, bytes]:
        """What a listing of the state answers, in its order."""
        batches = self.store.scan(self.database, state, ScanQuery(**query))
        return {document.id: document.body async for batch in batches for document in batch}

    async def having(self, state: State, type_name: str, property_name: str, value: Json) -> list[str]:
        """Ids of the documents of a class with a value, as they are answered."""
        batches = self.store.find(self.database, state, ValueQuery(type_name, property_name, value))
        return [document.id async for batch in batches for document in batch]

    async def changes(self, old: State, new: State, graph: Graph = Graph.INSTANCE) -> list[Change]:
        return [change async for batch in self.store.diff(self.database, old, new, graph) for change in batch]


def plan_of(
    documents: Mapping[str, bytes | None],
    graph: Graph,
    references: Mapping[str, frozenset[str]],
    types: Mapping[str, str],
) -> Planner:
    def plan(view: WriterView) -> Plan:
        changes = []
        for document_id, after in documents.items():
            stored = view.get(graph, document_id)
            before = None if stored is None else stored.body
            if before != after:
                type_name = types.get(document_id, document_id.split("/")[0])
                targets = references.get(document_id, frozenset()) if after is not None else frozenset()
                changes.append(Change(graph, document_id, type_name, before, after, targets))
        return Plan(tuple(documents), tuple(changes))

    return plan


@pytest.fixture(params=sorted(ADAPTERS))
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Opens the adapter's store; again after it was closed, with what it held."""
    return ADAPTERS[request.param](tmp_path)


@pytest.fixture
async def store(open_store: OpenStore) -> AsyncIterator[DocumentStore]:
    """A store with the database `oms` and its orphan branch `main`."""
    opened = await open_store()
    await opened.create_database(Database("oms"))
    await opened.create_branch("oms", "main", Scribe.attribution)
    yield opened
    await opened.close()


@pytest.fixture
def outbox(store: EmbeddedStore) -> Outbox:
    return store.outbox


@pytest.fixture
def scribe(store: DocumentStore) -> Scribe:
    return Scribe(store)


@pytest.fixture
def scribe_of() -> type[Scribe]:
    """For tests that open stores themselves, or write to other databases."""
    return Scribe
