"""The whole verification, in the order in which a fault in one part would explain one in the next."""

from contextlib import closing
from pathlib import Path

import apsw

from data_kernel.adapters.embedded.disk.faults import words_of
from data_kernel.adapters.embedded.disk.file import connect_reader
from data_kernel.adapters.embedded.disk.schema import FORMAT_VERSION
from data_kernel.adapters.embedded.threads.access import Access, Memory
from data_kernel.adapters.embedded.verification import history, indexes, property_indexes, refs, rows, states
from data_kernel.adapters.embedded.verification.report import Broken, Counts, Fault, Progress, Report
from data_kernel.adapters.embedded.verification.states import Walk

_QUICK_CHECK_ROWS = 1


def verify_file(path: Path, progress: Progress) -> Report:
    """Verify a store as it stands at this moment, also while it is being written to."""
    try:
        with closing(connect_reader(path)) as connection:
            memory = Memory()
            memory.nodes.bind(connection)
            memory.commits.load(connection)
            connection.execute("BEGIN")
            return verify(Access(connection, memory), progress)
    except Exception as error:  # noqa: BLE001 - whatever reading a file meets is what is looked for
        return Report(_unreadable(error))


def verify(access: Access, progress: Progress) -> Report:
    """Look at everything in the file, within the transaction that `access` is in; the first fault ends it.

    Nothing is taken from memory: `access` is one of its own. Errors: those of SQLite for a file that it cannot read at
    all are a fault too.
    """
    counts = Counts()
    try:
        _check_pages(access.connection)
        _check_format(access.connection)
        rows.check(access)
        numbers = [number for (number,) in access.connection.execute("SELECT number FROM database ORDER BY number")]
        for number in numbers:
            counts.databases += 1
            history.check(access, number, counts, progress)
            walk = Walk(access, number, counts)
            states.check(access, number, walk, progress)
            indexes.check(access, number, progress)
            property_indexes.check(access, number, walk, progress)
        refs.check(access, counts, progress)
    except Broken as found:
        return Report(found.fault, counts)
    except apsw.Error as error:  # also where a table is not what it should be
        return Report(_unreadable(error), counts)
    except Exception as error:  # noqa: BLE001 - likewise: what should have been a record is none
        return Report(Fault("record", 0, "a record", f"it cannot be read: {words_of(error)}"), counts)
    return Report(None, counts)


def _unreadable(error: Exception) -> Fault:
    return Fault("file", 0, "pages", f"it cannot be read: {words_of(error)}")


def _check_format(connection: apsw.Connection) -> None:
    found = connection.pragma("user_version")
    if found != FORMAT_VERSION:
        raise Broken(
            Fault("file", 0, "header", f"it has format {found}, and this version verifies format {FORMAT_VERSION}")
        )


def _check_pages(connection: apsw.Connection) -> None:
    (said,) = connection.execute(f"PRAGMA integrity_check({_QUICK_CHECK_ROWS})").fetchone() or ("nothing",)
    if said != "ok":
        raise Broken(Fault("file", 0, "pages", str(said)[:200]))
