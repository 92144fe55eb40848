"""A disk that remembers every write, truncation, deletion and sync, in their order; SQLite sees it as a VFS."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw
from data_kernel_testing.faults.load import Acknowledged


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes that were given to the system; on the disk for sure only after the file's next sync."""

    file: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """The file was made this long."""

    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """The file was deleted; `durably` where its folder was synced as well."""

    file: str
    durably: bool


@dataclass(frozen=True, slots=True)
class Synced:
    """All that was done to the file before is on the disk."""

    file: str


DiskEvent = Written | Truncated | Deleted | Synced | Acknowledged


class RecordingDisk(apsw.VFS):
    """The system's disk with a record. With `skips_log_syncs` it only claims to sync the write-ahead log."""

    def __init__(self, *, skips_log_syncs: bool = False) -> None:
        self.events: list[DiskEvent] = []
        self._skips_log_syncs = skips_log_syncs
        super().__init__("recording-disk", "", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _RecordedFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
        super().xDelete(filename, syncdir)
        self.events.append(Deleted(Path(filename).name, syncdir))

    def synced(self, file: str) -> None:
        if not (self._skips_log_syncs and file.endswith("-wal")):
            self.events.append(Synced(file))


class _RecordedFile(apsw.VFSFile):
    def __init__(self, disk: RecordingDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        text = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        self._file = Path(text).name
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        super().xWrite(data, offset)
        self._disk.events.append(Written(self._file, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        super().xTruncate(newsize)
        self._disk.events.append(Truncated(self._file, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._disk.synced(self._file)


@contextmanager
def recording(*, skips_log_syncs: bool = False) -> Iterator[RecordingDisk]:
    """Every file that SQLite opens meanwhile is on a recording disk, and its log is moved to the file often."""

    def checkpoint_often(connection: apsw.Connection) -> None:
        connection.wal_autocheckpoint(_PAGES_TO_CHECKPOINT)

    disk = RecordingDisk(skips_log_syncs=skips_log_syncs)
    apsw.connection_hooks.append(checkpoint_often)
    try:
        yield disk
    finally:
        apsw.connection_hooks.remove(checkpoint_often)
        disk.unregister()


_PAGES_TO_CHECKPOINT = 60
