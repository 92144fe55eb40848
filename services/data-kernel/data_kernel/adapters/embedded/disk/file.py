"""The file itself: making it, recognising it, and connections to it with the settings that durability needs."""

import os
from contextlib import closing
from pathlib import Path

import apsw

from data_kernel.adapters.embedded.disk import sealing
from data_kernel.adapters.embedded.disk.faults import words_of
from data_kernel.adapters.embedded.disk.schema import (
    APPLICATION_ID,
    DDL,
    FORMAT_VERSION,
    OLDEST_FORMAT,
    PAGE_SIZE_BYTES,
)
from shared.errors import InvalidInput, Unavailable, Unsupported

_BUSY_TIMEOUT_MS = 5000
_WAL_KEPT_BYTES = 64 << 20


def prepare(path: Path) -> None:
    """Make the file where it is absent, else check that it is a store of this format.

    Errors: those of `format_of`, and `Unsupported` for an earlier format. A refused file is left as it is.
    """
    found = format_of(path)
    if found != FORMAT_VERSION:
        raise Unsupported(
            f"the store has format {found}, and this version of the data-kernel works with format {FORMAT_VERSION}: "
            "`kernelctl migrate` brings it there",
            field="store_path",
        )


def format_of(path: Path) -> int:
    """The format of the store, one that can be migrated or that of today; it is made where it is absent.

    Errors: `InvalidInput` for a file of another application, `Unsupported` for a newer format or one that was never
    released, `Unavailable` where the file cannot be used. A refused file is left as it is.
    """
    try:
        with closing(_open_new_or_known(path)) as connection:
            return _format(connection)
    except (apsw.NotADBError, apsw.CorruptError):
        raise InvalidInput("the file is not a store of the data-kernel", field="store_path") from None
    except (apsw.Error, OSError) as error:
        raise Unavailable(f"the store's file cannot be opened: {words_of(error)}") from error


def connect_writer(path: Path, max_size_bytes: int | None) -> apsw.Connection:
    """The one connection that changes the file; beyond `max_size_bytes` a write fails like on a full disk."""
    connection = _connect(path)
    connection.pragma("journal_size_limit", _WAL_KEPT_BYTES)
    if max_size_bytes is not None:
        connection.pragma("max_page_count", max_size_bytes // PAGE_SIZE_BYTES)
    return connection


def connect_reader(path: Path) -> apsw.Connection:
    """A connection that cannot change the file."""
    connection = _connect(path)
    connection.pragma("query_only", True)
    return connection


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), statementcachesize=200)
    connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
    connection.pragma("synchronous", "FULL")
    connection.pragma("secure_delete", True)
    connection.pragma("temp_store", "MEMORY")  # no content in files that nobody knows of
    connection.pragma("cache_size", -32_768)  # KiB at most
    sealing.prepare(connection)
    return connection


def _open_new_or_known(path: Path) -> apsw.Connection:
    # Made here and not by SQLite, so that nobody else may read it.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = _connect(path)
    try:
        if _is_new(connection):
            _create(connection)
    except apsw.Error:
        connection.close()
        raise
    return connection


def _is_new(connection: apsw.Connection) -> bool:
    # A process that died while it made the file has left it without tables, for they come in one transaction.
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    return bool(tables == 0 and connection.pragma("application_id") == 0 and connection.pragma("user_version") == 0)


def _create(connection: apsw.Connection) -> None:
    # Until the file has its log SQLite keeps a rollback journal. One that came back after a loss of power, because its
    # folder was not synced when it was deleted, would be played back over all that was written since.
    connection.pragma("synchronous", "EXTRA")
    connection.pragma("page_size", PAGE_SIZE_BYTES)
    connection.pragma("auto_vacuum", "INCREMENTAL")
    connection.pragma("journal_mode", "WAL")
    with connection:
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", FORMAT_VERSION)
        connection.execute(DDL)
        connection.execute("INSERT INTO meta VALUES (1, ?, 0, 0, 0, x'')", (FORMAT_VERSION,))
        sealing.seal(connection, "meta")


def _format(connection: apsw.Connection) -> int:
    if connection.pragma("application_id") != APPLICATION_ID:
        raise InvalidInput("the file is not a store of the data-kernel", field="store_path")
    found: int = connection.pragma("user_version")
    if found > FORMAT_VERSION:
        raise Unsupported(
            f"the store has format {found}, and this version of the data-kernel knows formats up to {FORMAT_VERSION}"
        )
    if found < OLDEST_FORMAT:
        raise Unsupported(
            f"the store has format {found}, which was never released: "
            "export its branches with the version that made it, and import them here"
        )
    if connection.execute("SELECT format FROM meta").get != found:
        raise InvalidInput("the store's format and its header disagree", field="store_path")
    return found
