"""The steps from each released format to the next one."""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw

from data_kernel.adapters.embedded.disk import file
from data_kernel.adapters.embedded.disk.faults import report_storage, words_of
from data_kernel.adapters.embedded.disk.schema import FORMAT_VERSION
from data_kernel.adapters.embedded.migrating import to_format_3
from data_kernel.adapters.embedded.progress import OnProgress
from shared.errors import InvalidInput, Unavailable

_STEPS: Final[Mapping[int, Callable[[apsw.Connection, OnProgress], None]]] = {2: to_format_3.run}
"""By the format that a step begins with; it ends with the next one."""


def bring_up(store: Path, on_progress: OnProgress) -> None:
    """Take the steps that lead to the format of today, each in one transaction; none for a store that has it.

    Errors: those of `file.format_of`, `InvalidInput` for a damaged store, `Unavailable` where the disk refuses.
    """
    found = file.format_of(store)
    try:
        with closing(file.connect_writer(store, None)) as connection:
            for each in range(found, FORMAT_VERSION):
                with connection:
                    _STEPS[each](connection, on_progress)
    except apsw.Error as error:
        report_storage("store_migration_failed", error)
        raise Unavailable(f"the store keeps format {found}: {words_of(error)}") from error
    except ValueError as error:  # what should be text is none
        raise InvalidInput("the store is damaged, and is not migrated; restore a backup of it") from error
