"""Backups of a store in use, and what a restore refuses."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from data_kernel.adapters.embedded import EmbeddedStore, backup
from data_kernel.application.ports import Plan, ScanQuery, WriteRequest
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database, Revision
from data_kernel.domain.documents import Change, Graph
from shared.errors import AlreadyExists, InvalidInput, NotFound, Unavailable

ALICE = Attribution("alice@oms", "alice@oms", "a message", "POST", "/movies", "oms")


def nobody(what: str, done: int, total: int) -> None:
    del what, done, total


async def put(store: EmbeddedStore, number: int) -> None:
    change = Change(Graph.INSTANCE, f"Movie/{number:06}", "Movie", None, b"x" * 3000)
    plan = Plan((change.id,), (change,))
    await store.write(WriteRequest("oms", "main", ALICE, lambda _: plan, create_branch=True))


async def content(path: Path) -> list[str]:
    store = await EmbeddedStore.open(path)
    try:
        state = await store.resolve("oms", Revision(branch="main"))
        assert len(await store.log("oms", state, limit=100_000)) == len(await store.outbox.pending(limit=100_000)) - 1
        return [each.id async for batch in store.scan("oms", state, ScanQuery()) for each in batch]
    finally:
        await store.close()


@pytest.fixture
async def path(tmp_path):
    """A store of 300 movies."""
    path = tmp_path / "kernel" / "store.db"
    store = await EmbeddedStore.open(path)
    await store.create_database(Database("oms"))
    for number in range(300):
        await put(store, number)
    await store.close()
    return path


async def test_a_backup_of_a_store_in_use_is_one_moment_of_it(path, tmp_path, monkeypatch):
    monkeypatch.setattr(backup, "_PAGES_AT_ONCE", 8)  # so that there is a middle
    store = await EmbeddedStore.open(path)
    target, steps = tmp_path / "backup.db", []

    async def write_on():
        number = 300
        while not making.done():
            await put(store, number)
            number += 1
        return number

    loop = asyncio.get_running_loop()

    def on_progress(what, done, total):
        steps.append((done, total))
        if len(steps) == 1:  # a commit in the middle of the copy
            asyncio.run_coroutine_threadsafe(put(store, 999_999), loop).result(30)

    making = asyncio.ensure_future(asyncio.to_thread(backup.back_up, path, target, on_progress))
    written = await write_on()
    made = await making
    await store.close()
    assert steps[-1][0] == steps[-1][1]
    assert made.size_bytes == target.stat().st_size
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copied = await content(target)
    assert "Movie/999999" not in copied
    assert copied == [f"Movie/{number:06}" for number in range(len(copied))]
    assert 300 <= len(copied) <= written
    assert "Movie/999999" in await content(path)


async def test_a_restored_store_is_the_one_that_was_backed_up(path, tmp_path):
    target = tmp_path / "backup.db"
    backup.back_up(path, target, nobody)
    store = await EmbeddedStore.open(path)
    await put(store, 300)
    await store.close()
    with pytest.raises(AlreadyExists, match="--force"):
        backup.restore(target, path, nobody)
    assert len(await content(path)) == 301
    backup.restore(target, path, nobody, force=True)
    assert len(await content(path)) == 300
    elsewhere = tmp_path / "elsewhere" / "store.db"
    backup.restore(target, elsewhere, nobody)
    assert await content(elsewhere) == await content(path)


async def test_the_log_of_a_store_that_is_replaced_is_not_played_into_its_successor(path, tmp_path):
    target = tmp_path / "backup.db"
    backup.back_up(path, target, nobody)
    store = await EmbeddedStore.open(path)
    await put(store, 300)
    left = path.with_name("store.db-wal").read_bytes()
    await store.close()
    path.with_name("store.db-wal").write_bytes(left)  # as after a kill
    backup.restore(target, path, nobody, force=True)
    assert len(await content(path)) == 300


@pytest.mark.parametrize("harm", ["a bit", "cut", "another manifest"])
async def test_a_backup_that_is_not_whole_takes_nothings_place(path, tmp_path, harm):
    target = tmp_path / "backup.db"
    backup.back_up(path, target, nobody)
    data = bytearray(target.read_bytes())
    if harm == "a bit":
        data[len(data) // 2] ^= 1
    elif harm == "cut":
        del data[-8192:]
    else:
        manifest = backup.manifest_path(target)
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"sha256": "0" * 64}))
    target.write_bytes(data)
    with pytest.raises(InvalidInput, match="manifest"):
        backup.restore(target, path, nobody, force=True)
    assert len(await content(path)) == 300
    assert not list(path.parent.glob("*.restoring*"))


def interrupt(what: str, done: int, total: int) -> None:
    raise KeyboardInterrupt(what, done, total)


async def test_what_is_interrupted_leaves_no_file_and_takes_nothings_place(path, tmp_path):
    target = tmp_path / "backups" / "monday.db"
    target.parent.mkdir()
    with pytest.raises(KeyboardInterrupt):
        backup.back_up(path, target, interrupt)
    assert list(target.parent.iterdir()) == []
    backup.back_up(path, target, nobody)
    beside = sorted(path.parent.iterdir())
    with pytest.raises(KeyboardInterrupt):
        backup.restore(target, path, interrupt, force=True)
    assert sorted(path.parent.iterdir()) == beside
    assert len(await content(path)) == 300


async def test_what_is_missing_or_in_the_way_is_told(path, tmp_path):
    with pytest.raises(NotFound):
        backup.back_up(tmp_path / "none.db", tmp_path / "backup.db", nobody)
    with pytest.raises(NotFound):
        backup.restore(tmp_path / "backup.db", path, nobody)
    backup.back_up(path, tmp_path / "backup.db", nobody)
    with pytest.raises(AlreadyExists):
        backup.back_up(path, tmp_path / "backup.db", nobody)
    store = await EmbeddedStore.open(path)
    with pytest.raises(Unavailable, match="already open"):
        backup.restore(tmp_path / "backup.db", path, nobody, force=True)
    await store.close()
