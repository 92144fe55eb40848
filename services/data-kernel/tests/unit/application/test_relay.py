"""The relay against an outbox in memory and a sink that can be made to refuse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from data_kernel.application.announcing import Announcer
from data_kernel.application.ports import Event, OutboxEntry
from data_kernel.application.relay import Relay, RelayPolicy
from data_kernel.application.relay_metrics import RelayMetrics
from data_kernel.domain.commits import RefCause, RefUpdate
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Change, Graph
from shared.errors import InvalidInput, NotFound, OmsError, Unavailable
from shared.telemetry import Telemetry

NOON = datetime(2026, 1, 2, 12, 0, 0, 5, UTC)


class Store:
    """A ref log and outbox of entries, each with the documents its commit created."""

    def __init__(self) -> None:
        self.entries: dict[int, OutboxEntry] = {}
        self.documents: dict[str, list[str]] = {}
        self.movements = 0
        self.moved = asyncio.Condition()
        self.calls_failing = 0

    async def add(self, branch: str, *documents: str, cause: RefCause = RefCause.COMMIT) -> None:
        number = 1 + sum(entry.update.branch == branch for entry in self.entries.values())
        head = f"{branch}-{number}"
        self.documents[head] = list(documents)
        update = RefUpdate("oms", branch, 1, number, cause, None, head, NOON, "alice@oms", "")
        async with self.moved:
            self.movements += 1
            self.entries[self.movements] = OutboxEntry(self.movements, update)
            self.moved.notify_all()

    async def wait_for_movement(self, seen: int) -> int:
        async with self.moved:
            await self.moved.wait_for(lambda: self.movements > seen)
            return self.movements

    async def diff(
        self, database: str, old: State, new: State, graph: Graph = Graph.INSTANCE
    ) -> AsyncIterator[list[Change]]:
        assert new.commit is not None
        for document in self.documents[new.commit]:
            yield [Change(graph, document, document.split("/", maxsplit=1)[0], None, b"{}")]

    async def pending(self, after: int = 0, limit: int = 100) -> list[OutboxEntry]:
        if self.calls_failing:
            self.calls_failing -= 1
            raise Unavailable("the disk is full")
        alive = [entry for number, entry in sorted(self.entries.items()) if number > after and not entry.dead]
        return alive[:limit]

    async def delivered(self, sequences: Sequence[int]) -> None:
        for sequence in sequences:
            del self.entries[sequence]

    async def progressed(self, sequence: int, next_ordinal: int) -> None:
        entry = self.entries[sequence]
        self.entries[sequence] = OutboxEntry(sequence, entry.update, entry.attempts, next_ordinal)

    async def refused(self, sequence: int, error: str, retry_at: datetime | None) -> None:
        entry = self.entries[sequence]
        dead = retry_at is None
        self.entries[sequence] = OutboxEntry(sequence, entry.update, entry.attempts + 1, 0, dead, error, retry_at)

    async def dead_letters(self, limit: int = 100) -> list[OutboxEntry]:
        return [entry for entry in self.entries.values() if entry.dead][:limit]

    async def revive(self, sequence: int) -> None:
        if sequence not in self.entries:
            raise NotFound("no such dead letter")
        self.entries[sequence] = OutboxEntry(sequence, self.entries[sequence].update)

    async def depth(self) -> tuple[int, float]:
        return len(self.entries), 0.0


class Sink:
    """Takes events; `answer` decides over each."""

    def __init__(self) -> None:
        self.taken: list[Event] = []
        self.gateway_only: list[bool] = []
        self.answer: Callable[[Event], bool] = lambda _: True

    async def publish(self, event: Event, *, gateway_only: bool) -> bool:
        self.gateway_only.append(gateway_only)
        in_broker = self.answer(event)
        self.taken.append(event)
        return in_broker

    def ids(self, branch: str) -> list[str]:
        return [event.id for event in self.taken if event.partition_key == f"oms/{branch}"]


@asynccontextmanager
async def running(store: Store, sink: Sink) -> AsyncIterator[Relay]:
    telemetry = Telemetry.off("data-kernel")
    relay = Relay(
        store,
        store,
        sink,
        Announcer(store, "urn:oms:dev:data-kernel"),
        RelayMetrics(telemetry.registry),
        telemetry.tracer,
        RelayPolicy(max_refusals=3, first_delay_s=0.001, longest_delay_s=0.002, window=4),
    )
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def test_announces_the_commit_then_its_documents_in_order_and_forgets_the_entry() -> None:
    store, sink = Store(), Sink()
    await store.add("dev/oms/main", "Movie/a", "Movie/b")
    async with running(store, sink):
        await until(lambda: not store.entries)
    commit, first, second = sink.taken
    assert commit.id == "oms/dev/oms/main@1/1"
    assert commit.type == "io.oms.commit.v1"
    assert (first.id, first.subject, first.type) == (
        "oms/dev/oms/main@1/1/1",
        "Movie/a",
        "io.oms.document.created.v1",
    )
    assert second.data == {
        "database": "oms",
        "branch": "dev/oms/main",
        "incarnation": 1,
        "number": 1,
        "commit": "dev/oms/main-1",
        "actor": "alice@oms",
        "time": "2026-01-02T12:00:00.000005Z",
        "type": "Movie",
        "id": "Movie/b",
        "change": "created",
    }


async def test_follows_entries_that_come_later() -> None:
    store, sink = Store(), Sink()
    async with running(store, sink):
        for _ in range(10):
            await store.add("dev/oms/main")
        await until(lambda: not store.entries)
    assert sink.ids("dev/oms/main") == [f"oms/dev/oms/main@1/{number}" for number in range(1, 11)]


async def test_a_gateway_that_is_away_costs_nothing_and_keeps_the_order() -> None:
    store, sink = Store(), Sink()
    for document in ("Movie/a", "Movie/b"):
        await store.add("dev/oms/main", document)
    failures = iter([Unavailable("away"), Unavailable("away"), None, Unavailable("away")])

    def answer(_: Event) -> bool:
        if error := next(failures, None):
            raise error
        return True

    sink.answer = answer
    async with running(store, sink):
        await until(lambda: not store.entries)
    assert sink.ids("dev/oms/main") == [
        "oms/dev/oms/main@1/1",
        "oms/dev/oms/main@1/1/1",
        "oms/dev/oms/main@1/2",
        "oms/dev/oms/main@1/2/1",
    ]


async def test_one_branch_in_trouble_does_not_hold_up_another() -> None:
    store, sink = Store(), Sink()
    sink.answer = lambda event: _refuse_if(event.partition_key == "oms/dev/a/main", Unavailable("away"))
    await store.add("dev/a/main")
    await store.add("dev/b/main")
    async with running(store, sink):
        await until(lambda: len(store.entries) == 1)
    assert sink.ids("dev/b/main") == ["oms/dev/b/main@1/1"]
    assert sink.ids("dev/a/main") == []


async def test_what_is_refused_for_good_becomes_a_dead_letter_and_the_next_goes_on() -> None:
    store, sink = Store(), Sink()
    sink.answer = lambda event: _refuse_if(event.id.endswith("/1"), InvalidInput("bad"))
    await store.add("dev/oms/main")
    await store.add("dev/oms/main")
    async with running(store, sink) as relay:
        await until(lambda: len(store.entries) == 1)
        (dead,) = await store.dead_letters()
        assert (dead.attempts, dead.last_error) == (3, "bad")
        assert sink.ids("dev/oms/main") == ["oms/dev/oms/main@1/2"]
        sink.answer = lambda _: True
        await relay.retry(dead.sequence)
        await until(lambda: not store.entries)
    assert sink.ids("dev/oms/main") == ["oms/dev/oms/main@1/2", "oms/dev/oms/main@1/1"]


async def test_reviving_what_is_not_there_is_not_found() -> None:
    async with running(Store(), Sink()) as relay:
        with pytest.raises(NotFound):
            await relay.retry(7)


async def test_after_a_queued_answer_only_the_gateway_may_take_the_next_until_one_is_in_the_broker() -> None:
    store, sink = Store(), Sink()
    answers = iter([False, False, True, True])
    sink.answer = lambda _: next(answers)
    for _ in range(4):
        await store.add("dev/oms/main")
    async with running(store, sink):
        await until(lambda: not store.entries)
    assert sink.gateway_only == [False, True, True, False]


async def test_a_large_entry_resumes_in_its_middle() -> None:
    store, sink = Store(), Sink()
    documents = [f"Movie/{number:03}" for number in range(250)]
    refused_once = iter([True])

    def answer(event: Event) -> bool:
        return _refuse_if(event.subject == "Movie/219" and next(refused_once, False), Unavailable("away"))

    sink.answer = answer
    await store.add("dev/oms/main", *documents)
    async with running(store, sink):
        await until(lambda: not store.entries)
    assert [event.subject for event in sink.taken[1:]] == documents


async def test_the_making_of_a_branch_is_not_announced() -> None:
    store, sink = Store(), Sink()
    await store.add("dev/oms/main", cause=RefCause.CREATE)
    async with running(store, sink):
        await until(lambda: not store.entries)
    assert sink.taken == []


async def test_a_store_that_fails_for_a_while_loses_nothing() -> None:
    store, sink = Store(), Sink()
    store.calls_failing = 3
    await store.add("dev/oms/main")
    async with running(store, sink):
        await until(lambda: not store.entries)
    assert len(sink.taken) == 1


def _refuse_if(condition: bool, error: OmsError) -> bool:
    if condition:
        raise error
    return True
