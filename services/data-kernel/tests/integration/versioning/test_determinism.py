"""The same clock, random source and operations make the same commits, however branches were joined and rewritten."""

import itertools
from pathlib import Path
from random import Random

from data_kernel_testing.in_process import settings_in
from data_kernel_testing.kernel_process import MOVIE

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.metrics import PrometheusMetrics
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.kernel import Kernel
from data_kernel.application.put_mode import PutMode
from data_kernel.domain.commits import Cursor
from data_kernel.domain.merging import Strategy
from shared.context import CallContext, Caller
from shared.telemetry import Telemetry

NOON_US = 1_800_000_000_000_000
ALICE = CallContext(caller=Caller("alice", "oms"), method="TEST", route="/test")
MAIN, SIDE = WriteOptions(branch="main"), WriteOptions(branch="dev/oms/side")
ON_MAIN, ON_SIDE = NamedRevision(branch="main"), NamedRevision(branch="dev/oms/side")


async def _heads(folder: Path, seed: int) -> list[str | None]:
    """Every head that main had, after writes and moves of each kind."""
    clock, random = itertools.count(NOON_US, 1000).__next__, Random(seed).randbytes
    settings = settings_in(folder)
    store = await EmbeddedStore.open(settings.store_path, clock=clock, random=random)
    kernel = Kernel.build(store, settings, PrometheusMetrics(Telemetry.off("test").registry))
    await kernel.databases.prepare()
    await kernel.writes.put_schema("oms", [MOVIE], PutMode.INSERT, MAIN, ALICE)
    await _put(kernel, MAIN, "A", 1)
    await kernel.branches.create("oms", "dev/oms/side", ON_MAIN, ALICE)
    for turn in range(3):
        await _put(kernel, MAIN, "A", turn + 2)
        await _put(kernel, SIDE, f"S{turn}", turn)
        await kernel.merges.merge("oms", ON_SIDE, Strategy.OURS, MAIN, ALICE)
        await kernel.replays.rebase("oms", ON_MAIN, Strategy.THEIRS, SIDE, ALICE)
        await kernel.replays.revert("oms", ON_SIDE, Strategy.OURS, MAIN, ALICE)
    await kernel.moves.squash("oms", None, MAIN, ALICE)
    heads = [entry.new_head for entry in await store.ref_log("oms", "dev/oms/main", Cursor())]
    await store.close()
    return heads


async def _put(kernel: Kernel, on: WriteOptions, title: str, year: int) -> None:
    movie = [{"@type": "Movie", "title": title, "year": year}]
    await kernel.writes.put("oms", movie, PutMode.UPSERT, on, ALICE, size_bytes=0)


async def test_moves_replayed_give_the_same_commit_ids(tmp_path: Path) -> None:
    one, again, other = [await _heads(tmp_path / name, seed) for name, seed in (("a", 7), ("b", 7), ("c", 8))]
    assert one == again
    assert len(set(one)) > 8
    assert one[1] != other[1]  # other document keys, so that nobody can guess a document by its digest
