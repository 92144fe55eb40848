"""A disk that fails at any write or sync: what was being made is refused, the store goes on, nothing half is there."""

from collections.abc import Iterator

import apsw
import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.ports import Plan, ScanQuery, WriteRequest
from data_kernel.domain.commits import Cursor
from data_kernel.domain.databases import Database, Revision
from data_kernel.domain.documents import Change, Graph
from shared.errors import Unavailable

MANY = 3000


class Disk(apsw.VFS):
    """The system's files, of which the n-th write or sync from now on fails once."""

    def __init__(self) -> None:
        self.calls_left: int | None = None
        self.failed = 0
        super().__init__("failing-disk", "", makedefault=True)

    def xOpen(self, name, flags):  # noqa: N802 - SQLite's name
        return DiskFile(self, name, flags)

    def fail_after(self, calls: int) -> None:
        self.calls_left, self.failed = calls, 0

    def count(self) -> None:
        if self.calls_left is None:
            return
        self.calls_left -= 1
        if self.calls_left < 0:
            self.calls_left = None
            self.failed += 1
            raise apsw.IOError("the disk failed")


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name, flags) -> None:
        self.disk = disk
        super().__init__("unix", name, flags)

    def xWrite(self, data, offset):  # noqa: N802 - SQLite's name
        self.disk.count()
        return super().xWrite(data, offset)

    def xSync(self, flags):  # noqa: N802 - SQLite's name
        self.disk.count()
        return super().xSync(flags)


async def contents(store, state):
    return {document.id: document.body async for batch in store.scan("oms", state, ScanQuery()) for document in batch}


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.unregister()


def spread(n: int) -> str:
    """Ids far from one another, so that commits share nodes which none of them has stored."""
    return f"Movie/{n * 331 % MANY:04}"


def preloading(view):
    changes = [Change(Graph.INSTANCE, f"Movie/{n:04}", "Movie", None, b"0") for n in range(MANY)]
    return Plan((), tuple(changes))


@pytest.mark.parametrize("before", range(55, 63))
async def test_a_failure_at_any_write_or_sync_loses_nothing_acknowledged(
    disk, path, put, attribution, check_sound, before
):
    """After so many commits those that follow store their roots at one failure or another."""
    store = await EmbeddedStore.open(path)
    await store.create_database(Database("oms"))
    request = WriteRequest("oms", "main", attribution, preloading, create_branch=True)
    made = [(await store.write(request)).commit]
    made += [(await put(store, spread(n), b"1")).commit for n in range(before)]
    expected = {f"Movie/{n:04}": b"0" for n in range(MANY)} | {spread(n): b"1" for n in range(before)}
    details = []
    for calls in range(12):
        disk.fail_after(calls)
        try:
            made.append((await put(store, spread(100 + calls), b"x" * 3000)).commit)
            expected[spread(100 + calls)] = b"x" * 3000
        except Unavailable as refusal:
            details.append(refusal.detail)
        disk.calls_left = None
        made.append((await put(store, spread(200 + calls), b"2")).commit)
        expected[spread(200 + calls)] = b"2"
        state = await store.resolve("oms", Revision(branch="main"))
        assert [commit.id for commit in await store.log("oms", state, limit=1000)] == made[::-1]
        assert await contents(store, state) == expected
    assert len(details) >= 3
    assert set(details) == {"the store's disk did not take the write"}
    numbers = [entry.number for entry in await store.ref_log("oms", "main", Cursor())]
    assert numbers == list(range(1, len(made) + 2))
    await store.close()

    store = await EmbeddedStore.open(path)
    state = await store.resolve("oms", Revision(branch="main"))
    assert [commit.id for commit in await store.log("oms", state, limit=1000)] == made[::-1]
    assert await contents(store, state) == expected
    await store.close()
    check_sound(path)
