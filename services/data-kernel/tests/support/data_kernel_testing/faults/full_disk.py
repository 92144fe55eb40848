"""Rounds in which the disk is full from some write or sync on: what does not fit is refused, all goes on with space."""

import asyncio
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import apsw
from data_kernel_testing.faults.checking import check_file, check_store, require
from data_kernel_testing.faults.load import WRITERS, Acknowledged, Write, perform, prepare

from data_kernel.adapters.embedded import EmbeddedStore
from shared.errors import Unavailable

_MOST_WRITES = 250
_MOST_GROUPS_BEFORE = 3
_GROUPS = 8


class FullDisk:
    """Fills the disk at a drawn write or sync of a short load, and makes space again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def round(self, random: Random) -> None:
        """One load that meets the full disk."""
        await self.fill(after=random.randint(0, _MOST_WRITES), groups_before=random.randint(0, _MOST_GROUPS_BEFORE))

    async def fill(self, after: int, groups_before: int) -> int:
        """Fill the disk so many of SQLite's writes and syncs after some groups; how many commits were refused."""
        disk = SmallDisk()
        try:
            with TemporaryDirectory(dir=self._folder) as folder:
                return await _fill(Path(folder) / "store.db", disk, after, groups_before)
        finally:
            disk.unregister()


async def _fill(path: Path, disk: "SmallDisk", after: int, groups_before: int) -> int:
    store = await EmbeddedStore.open(path)
    await prepare(store)
    acknowledged: list[Acknowledged] = []
    refused: list[Write] = []
    for number in range(_GROUPS):
        if number == groups_before:
            disk.space = after
        writes = [Write(0, writer, number) for writer in range(WRITERS)]
        done = await asyncio.gather(*(_try(store, write) for write in writes))
        acknowledged += [each for each in done if each is not None]
        refused += [write for write, each in zip(writes, done, strict=True) if each is None]
        await check_store(store, acknowledged)
    disk.space = None
    acknowledged += await asyncio.gather(*(perform(store, Write(1, writer, 0)) for writer in range(WRITERS)))
    await check_store(store, acknowledged)
    await store.close()
    await check_file(path, acknowledged)
    return len(refused)


async def _try(store: EmbeddedStore, write: Write) -> Acknowledged | None:
    try:
        return await perform(store, write)
    except Unavailable as refusal:
        require(refusal.detail == "the store's disk is full", f"refused for another reason: {refusal.detail}")
        return None


class SmallDisk(apsw.VFS):
    """The system's disk; while `space` is a number, it takes so many more writes and syncs.

    A disk that finds the place for what it was given only when it is told to sync is full then.
    """

    def __init__(self) -> None:
        self.space: int | None = None
        super().__init__("small-disk", "", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _SmallDiskFile(self, name, flags)

    def take(self) -> None:
        """Take one write or sync, or refuse it."""
        if self.space == 0:
            raise apsw.FullError("no space is left")
        if self.space is not None:
            self.space -= 1


class _SmallDiskFile(apsw.VFSFile):
    def __init__(self, disk: SmallDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.take()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.take()
        super().xSync(flags)
