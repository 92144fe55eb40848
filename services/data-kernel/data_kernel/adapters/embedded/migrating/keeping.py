"""The backup of a store that is to be migrated: beside it, whole, and of the very moment from which it is migrated."""

import shutil
from contextlib import closing
from pathlib import Path

from data_kernel.adapters.embedded import backup
from data_kernel.adapters.embedded.disk import file
from data_kernel.adapters.embedded.progress import OnProgress
from shared.errors import AlreadyExists, InvalidInput, Unavailable

_GROWTH = 2
"""The backup, and what the log and the file may take besides while every row is written again."""


def keep(store: Path, found: int, on_progress: OnProgress) -> Path:
    """The backup `<file>.format-<found>`, made unless a migration that was ended has left it.

    Errors: `AlreadyExists` where there is one of another moment, `InvalidInput` where it is not whole for the store is
    not, `Unavailable` without room for it.
    """
    target = store.with_name(f"{store.name}.format-{found}")
    refuse_without_room(store)
    if not target.exists():
        backup.back_up(store, target, on_progress)
    elif not _is_of_this_moment(store, target, on_progress):
        raise AlreadyExists(
            f"the backup {target.name} is there already, and it is not of this moment of the store: "
            "move it and its manifest elsewhere, then migrate again",
            field="store",
        )
    _refuse_damaged(target)
    return target


def refuse_without_room(store: Path) -> None:
    """`Unavailable` where the folder has no room for the backup and for the log of the migration."""
    with closing(file.connect_reader(store)) as connection:
        needed = _GROWTH * connection.pragma("page_count") * connection.pragma("page_size")
    free = shutil.disk_usage(store.parent).free
    if free < needed:
        raise Unavailable(
            f"a migration of the store needs {needed} bytes beside it for its backup and log, and {free} are free"
        )


def _is_of_this_moment(store: Path, target: Path, on_progress: OnProgress) -> bool:
    again = target.with_name(target.name + ".again")
    backup.discard(again)
    made = backup.back_up(store, again, on_progress)
    backup.discard(again)
    kept = backup.read_manifest(target)
    return (made.size_bytes, made.sha256) == (kept.size_bytes, kept.sha256)


def _refuse_damaged(target: Path) -> None:
    backup.check_bytes(target, backup.read_manifest(target))
    with closing(file.connect_reader(target)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone() or ("nothing",)
    if said != "ok":
        raise InvalidInput("the store is damaged, and is not migrated; restore a backup of it", field="store_path")
