"""Backups: a consistent copy of a store in use, and its way back. Each is one file and its manifest beside it.

A backup is made by SQLite's online backup from within one read transaction: it holds exactly the commits that were
durable when it began, and neither waits for the writer nor makes it wait. The manifest has the SHA-256 of the file.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import apsw

from data_kernel.adapters.embedded.disk import file
from data_kernel.adapters.embedded.disk.faults import words_of
from data_kernel.adapters.embedded.disk.ownership import Ownership
from data_kernel.adapters.embedded.encoding.times import system_clock, to_datetime
from data_kernel.adapters.embedded.migrating import steps
from data_kernel.adapters.embedded.progress import OnProgress
from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.domain.times import rfc3339
from shared.errors import AlreadyExists, InvalidInput, NotFound, Unavailable

_PAGES_AT_ONCE = 512
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is: the store's format, when it was made (RFC 3339), and how to tell that it is whole."""

    format: int
    made_at: str
    size_bytes: int
    sha256: str


def manifest_path(backup: Path) -> Path:
    """Where the manifest of a backup is."""
    return backup.with_name(backup.name + ".manifest.json")


def back_up(store: Path, target: Path, on_progress: OnProgress) -> Manifest:
    """Copy the store, which may be in use, to a new file; returns when copy and manifest are durable.

    Errors: `NotFound` without a store or the target's folder, `AlreadyExists` for a target that is there, `Unavailable`
    where a disk refuses.
    """
    if not store.exists():
        raise NotFound("there is no store to be backed up", field="store")
    if not target.parent.is_dir():
        raise NotFound("the target's folder is not there", field="target")
    if target.exists():
        raise AlreadyExists("the target is there already; a backup overwrites nothing", field="target")
    found = file.format_of(store)
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        _copy_pages(store, part, on_progress)
        made = Manifest(found, rfc3339(to_datetime(system_clock())), part.stat().st_size, _sha256_of(part))
        _write_durably(manifest_path(target), json.dumps(asdict(made), indent=2).encode() + b"\n")
        _put_in_place(part, target)
    except (apsw.Error, OSError) as error:
        raise Unavailable(f"the backup was not made: {words_of(error)}") from error
    finally:
        part.unlink(missing_ok=True)
    return made


def restore(backup: Path, store: Path, on_progress: OnProgress, *, force: bool = False) -> Manifest:
    """Put a backup in the store's place, once a copy of it has been checked; the backup stays as it is.

    One of an earlier format comes in the format of today.

    Errors: `NotFound` without backup or manifest, `InvalidInput` for one that is not whole, `AlreadyExists` for a store
    that is there, unless `force`, `Unavailable` while a process has it. A store that was there is untouched by a
    backup that is refused.
    """
    made = read_manifest(backup)
    store.parent.mkdir(parents=True, exist_ok=True)
    ownership = Ownership(store)
    part = store.with_name(store.name + ".restoring")
    try:
        if store.exists() and not force:
            raise AlreadyExists("a store is there already; it is replaced with --force alone", field="store")
        _copy_bytes(backup, part, on_progress)
        check_backup(part, made, on_progress)
        # The log of the store that goes must not be played into the one that comes. Whoever loses power between
        # the two steps has the old store's last checkpoint, and restores again.
        for suffix in ("-wal", "-shm"):
            store.with_name(store.name + suffix).unlink(missing_ok=True)
        _sync_folder(store.parent)
        _put_in_place(part, store)
    except OSError as error:
        raise Unavailable(f"the backup was not restored: {words_of(error)}") from error
    finally:
        part.unlink(missing_ok=True)
        ownership.release()
    return made


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup; `NotFound`, `InvalidInput`."""
    try:
        return Manifest(**json.loads(manifest_path(backup).read_bytes()))
    except FileNotFoundError:
        raise NotFound("the backup's manifest is missing", field="backup") from None
    except OSError as error:
        raise InvalidInput(f"the backup's manifest cannot be read: {words_of(error)}", field="backup") from error
    except (ValueError, TypeError):
        raise InvalidInput("the backup's manifest is damaged", field="backup") from None


def check_bytes(backup: Path, made: Manifest) -> None:
    """`InvalidInput` unless the file is the one that the manifest describes."""
    if backup.stat().st_size != made.size_bytes or _sha256_of(backup) != made.sha256:
        raise InvalidInput("the backup is not the file that its manifest describes", field="backup")


def discard(backup: Path) -> None:
    """Delete a backup and its manifest, where they are."""
    for each in (backup, manifest_path(backup)):
        each.unlink(missing_ok=True)


def check_backup(copy: Path, made: Manifest, on_progress: OnProgress) -> None:
    """Check a copy of a backup against its manifest, bring it to the format of today, and check every hash in it.

    Errors: `InvalidInput` where it is not whole, `Unsupported` for a format that this version does not know.
    """
    check_bytes(copy, made)
    steps.bring_up(copy, on_progress)
    fault = verify_file(copy, on_progress).fault
    if fault is not None:
        raise InvalidInput(f"the backup is damaged: {fault}", field="backup")


def _copy_pages(store: Path, part: Path, on_progress: OnProgress) -> None:
    source = file.connect_reader(store)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    target = apsw.Connection(str(part))
    try:
        source.execute("BEGIN")
        source.execute("SELECT format FROM meta").fetchall()  # from here on the source stands still
        with target.backup("main", source, "main") as copying:
            while not copying.done:
                copying.step(_PAGES_AT_ONCE)
                on_progress("pages copied", copying.page_count - copying.remaining, copying.page_count)
        source.execute("COMMIT")
    finally:
        target.close()
        source.close()


def _copy_bytes(source: Path, target: Path, on_progress: OnProgress) -> None:
    size, done = source.stat().st_size, 0
    target.unlink(missing_ok=True)
    with source.open("rb") as read, os.fdopen(os.open(target, os.O_RDWR | os.O_CREAT, 0o600), "wb") as write:
        while chunk := read.read(_CHUNK_BYTES):
            write.write(chunk)
            done += len(chunk)
            on_progress("bytes copied", done, size)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _write_durably(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    _put_in_place(part, path)


def _put_in_place(part: Path, path: Path) -> None:
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
