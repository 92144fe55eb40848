"""The rounds of collections that a kernel makes by itself."""

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest

from data_kernel.application.governance.collecting import Collecting, retention_of
from data_kernel.domain.databases import Database
from data_kernel.domain.retention import Collected, Retention
from shared.background import end
from shared.errors import Unavailable

DAY_US = 86_400_000_000


class Store:
    """Two databases, the disk of whose first collection is full."""

    def __init__(self) -> None:
        self.collected: list[tuple[str, Retention, bool]] = []
        self.rounds = asyncio.Semaphore(0)

    async def list_databases(self) -> list[Database]:
        return [Database("a"), Database("b")]

    async def collect(self, database: str, retention: Retention, *, dry_run: bool = False) -> Collected:
        self.collected.append((database, retention, dry_run))
        self.rounds.release()
        if len(self.collected) == 1:
            raise Unavailable("the disk is full")
        return Collected(commits=2, nodes=3, versions=4, size_bytes=500)


class Counted:
    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def collected(self, commits: int, size_bytes: int) -> None:
        self.calls.append((commits, size_bytes))


async def test_a_collection_that_failed_ends_neither_its_round_nor_the_next() -> None:
    store, counted, retention = Store(), Counted(), Retention(timedelta(days=1))
    collecting = Collecting(cast("Any", store), cast("Any", None), retention, counted)
    task = asyncio.create_task(collecting.run(interval_s=0.001))
    for _ in range(4):
        await store.rounds.acquire()
    await end(task)
    assert store.collected[:4] == [(name, retention, False) for name in ("a", "b", "a", "b")]
    assert set(counted.calls) == {(2, 500)}


@pytest.mark.parametrize(
    ("branch", "history_days", "young_days"),
    [("dev/oms/main", None, 30), ("dev/scheduler/main", 7, 7), ("dev/embedding/x", 60, 30)],
)
def test_ages_are_set_in_days_and_by_pattern(branch: str, history_days: int | None, young_days: int) -> None:
    retention = retention_of(30, {"*/scheduler/*": 7, "*/embedding/*": 60, "*/scheduler/main": 1})
    now_us = 1_700_000_000_000_000
    expected = 0 if history_days is None else now_us - history_days * DAY_US
    assert retention.history_from_us(branch, now_us) == expected
    assert retention.young_from_us(branch, now_us) == now_us - young_days * DAY_US
