"""A store with a time limit, latencies and spans around each call."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from data_kernel.adapters.observed import ObservedStore
from data_kernel.application.ports import ScanQuery
from data_kernel.application.streams import closing
from data_kernel.domain.databases import State
from data_kernel.domain.documents import StoredDocument
from shared.errors import DeadlineExceeded, NotFound

STATE = State("c", "dev/oms/main")


class Inner:
    """Answers at once, never, or with an error; `open_scans` counts listings in progress."""

    def __init__(self) -> None:
        self.open_scans = 0
        self.stuck = False

    async def ping(self) -> None:
        if self.stuck:
            await asyncio.Event().wait()

    async def get_branch(self, database: str, name: str) -> None:
        raise NotFound("no branch")

    async def scan(self, database: str, state: State, query: ScanQuery) -> AsyncIterator[list[StoredDocument]]:
        self.open_scans += 1
        try:
            yield [StoredDocument("Movie/A", "Movie", b"{}")]
            await self.ping()
            yield [StoredDocument("Movie/B", "Movie", b"{}")]
        finally:
            self.open_scans -= 1


class Calls:
    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def store_call(self, operation: str, outcome: str, duration_s: float) -> None:
        assert duration_s >= 0
        self.seen.append((operation, outcome))


@pytest.fixture
def inner() -> Inner:
    return Inner()


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def store(inner: Inner, calls: Calls, spans: InMemorySpanExporter) -> ObservedStore:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return ObservedStore(cast("Any", inner), provider.get_tracer("test"), calls, timeout_s=0.05)


async def drained(store: ObservedStore) -> list[list[StoredDocument]]:
    return [batch async for batch in store.scan("oms", STATE, ScanQuery())]


async def test_outcomes_are_counted_and_named_on_the_span(
    store: ObservedStore, calls: Calls, spans: InMemorySpanExporter
) -> None:
    await store.ping()
    with pytest.raises(NotFound):
        await store.get_branch("oms", "dev/oms/main")
    assert calls.seen == [("ping", "ok"), ("get_branch", "NOT_FOUND")]
    ping, branch = spans.get_finished_spans()
    assert (ping.name, branch.name) == ("store ping", "store get_branch")
    assert dict(branch.attributes or {})["oms.error.reason"] == "NOT_FOUND"


async def test_a_call_that_takes_too_long_is_ended(store: ObservedStore, inner: Inner, calls: Calls) -> None:
    inner.stuck = True
    with pytest.raises(DeadlineExceeded):
        await store.ping()
    assert calls.seen == [("ping", "DEADLINE_EXCEEDED")]


async def test_a_listing_is_ended_by_its_reader_or_by_the_limit(
    store: ObservedStore, inner: Inner, calls: Calls
) -> None:
    assert len(await drained(store)) == 2
    async with closing(store.scan("oms", STATE, ScanQuery())) as batches:
        await anext(batches)
        assert inner.open_scans == 1
    assert inner.open_scans == 0
    inner.stuck = True
    with pytest.raises(DeadlineExceeded):
        await drained(store)
    assert inner.open_scans == 0
    assert calls.seen == [("scan", "ok"), ("scan", "aborted"), ("scan", "DEADLINE_EXCEEDED")]
