"""Rounds in which the power fails: what is on the disk then is drawn, at every moment at which a sync is about to end.

Since its last sync any of a file's writes may be lost, or torn by sectors of 512 bytes.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from data_kernel_testing.faults.checking import Damage, check_file
from data_kernel_testing.faults.load import WRITERS, Acknowledged, Write, found_parts, perform, prepare
from data_kernel_testing.faults.recording_disk import (
    Deleted,
    DiskEvent,
    RecordingDisk,
    Synced,
    Truncated,
    Written,
    recording,
)

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.domain.databases import Database

_SECTOR_BYTES = 512
_GROUPS = 5
_SCRATCH = "scratch"

Files = dict[str, bytes]


class PowerCuts:
    """Records a short load and looks at an image of the disk at each of its syncs."""

    def __init__(self, folder: Path, *, skips_log_syncs: bool = False) -> None:
        self._folder = folder
        self._skips_log_syncs = skips_log_syncs

    async def round(self, random: Random) -> None:
        """One load with its images; `Damage` tells which of them is not sound."""
        with (
            TemporaryDirectory(dir=self._folder) as recorded,
            recording(skips_log_syncs=self._skips_log_syncs) as disk,
        ):
            await _write(Path(recorded) / "store.db", disk)
        for number, (files, acknowledged) in enumerate(images(disk.events, random)):
            with TemporaryDirectory(dir=self._folder) as image:
                await _check(Path(image), files, acknowledged, number)


async def _write(path: Path, disk: RecordingDisk) -> None:
    store = await EmbeddedStore.open(path)
    await prepare(store)
    for number in range(_GROUPS):
        done = await asyncio.gather(*(perform(store, Write(0, writer, number)) for writer in range(WRITERS)))
        disk.events += done
        await found_parts(store, done[0])  # which saves an index behind the answer
        if number == _GROUPS // 2:  # which moves the log to the file, and cuts both
            await store.create_database(Database(_SCRATCH))
            await store.delete_database(_SCRATCH)
    await store.close()


async def _check(folder: Path, files: Files, acknowledged: Sequence[Acknowledged], number: int) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    try:
        await check_file(folder / "store.db", acknowledged)
    except Damage as damage:
        raise Damage(f"image {number}: {damage}") from damage


def images(events: Sequence[DiskEvent], random: Random) -> Iterator[tuple[Files, list[Acknowledged]]]:
    """For each sync what the disk may hold just before it has ended, with the writes that were acknowledged by then.

    The last image is of the end, when nothing more was synced.
    """
    synced: dict[str, bytes] = {}
    since: dict[str, list[Written | Truncated | Deleted]] = {}
    acknowledged: list[Acknowledged] = []
    for event in events:
        if isinstance(event, Acknowledged):
            acknowledged.append(event)
        elif isinstance(event, Synced):
            yield _draw(synced, since, random), list(acknowledged)
            _settle(synced, since, event.file)
        else:
            since.setdefault(event.file, []).append(event)
            if isinstance(event, Deleted) and event.durably:
                _settle(synced, since, event.file)
    yield _draw(synced, since, random), list(acknowledged)


def _settle(synced: Files, since: dict[str, list[Written | Truncated | Deleted]], file: str) -> None:
    content = _apply(synced.get(file), since.pop(file, []), lambda _: b"\1")
    synced.pop(file, None)
    if content is not None:
        synced[file] = content


def _draw(
    synced: Mapping[str, bytes], since: Mapping[str, list[Written | Truncated | Deleted]], random: Random
) -> Files:
    fate = random.choice((_lost, _kept, _any_of(random)))
    drawn = {file: _apply(synced.get(file), since.get(file, []), fate) for file in {*synced, *since}}
    return {file: content for file, content in drawn.items() if content is not None}


Fate = Callable[[int], bytes]
"""Which of so many sectors of a write arrive (1) and which are lost (0), cyclically; of anything else the first."""


def _lost(_: int) -> bytes:
    return b"\0"


def _kept(_: int) -> bytes:
    return b"\1"


def _any_of(random: Random) -> Fate:
    def fate(sectors: int) -> bytes:
        whole = random.choice((b"\0", b"\1", None))
        return bytes(random.getrandbits(1) for _ in range(sectors)) if whole is None else whole

    return fate


def _apply(content: bytes | None, events: Sequence[Written | Truncated | Deleted], fate: Fate) -> bytes | None:
    now = None if content is None else bytearray(content)
    for event in events:
        if isinstance(event, Written):
            now = now if now is not None else bytearray()
            _write_sectors(now, event, fate)
        elif fate(1)[0]:
            now = None if isinstance(event, Deleted) else _resized(now or bytearray(), event.size)
    return None if now is None else bytes(now)


def _write_sectors(content: bytearray, event: Written, fate: Fate) -> None:
    first = event.offset // _SECTOR_BYTES
    last = (event.offset + len(event.data) - 1) // _SECTOR_BYTES
    arrives = fate(last - first + 1)
    for sector in range(first, last + 1):
        if arrives[(sector - first) % len(arrives)]:
            start = max(sector * _SECTOR_BYTES, event.offset)
            end = min((sector + 1) * _SECTOR_BYTES, event.offset + len(event.data))
            if len(content) < start:
                content.extend(bytes(start - len(content)))
            content[start:end] = event.data[start - event.offset : end - event.offset]


def _resized(content: bytearray, size: int) -> bytearray:
    return content[:size].ljust(size, b"\0")
