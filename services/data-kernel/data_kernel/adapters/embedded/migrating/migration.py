"""Bringing a store to the format of today: the backup first, then the steps."""

from dataclasses import dataclass
from pathlib import Path

from data_kernel.adapters.embedded.disk import file
from data_kernel.adapters.embedded.disk.schema import FORMAT_VERSION
from data_kernel.adapters.embedded.migrating import keeping, steps
from data_kernel.adapters.embedded.progress import OnProgress


@dataclass(frozen=True, slots=True)
class Migrated:
    """From which format to which a store was brought, and the backup beside it; `None` where nothing was to be done."""

    before: int
    after: int
    backup: Path | None


def migrate(store: Path, on_progress: OnProgress) -> Migrated:
    """Bring a store, which the caller owns, to the format of today; a backup beside it is made first.

    Whenever the process ends, the store is whole and of one format, and the same again goes on from there. Errors:
    those of `file.format_of`, `AlreadyExists` where the backup's name is taken by another moment of the store,
    `InvalidInput` for a damaged store, `Unavailable` where there is no room or the disk refuses.
    """
    found = file.format_of(store)
    if found == FORMAT_VERSION:
        return Migrated(found, found, None)
    backup = keeping.keep(store, found, on_progress)
    steps.bring_up(store, on_progress)
    return Migrated(found, FORMAT_VERSION, backup)
