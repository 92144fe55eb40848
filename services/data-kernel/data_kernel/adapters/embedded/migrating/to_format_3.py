"""From format 2 to 3: rows that no hash covers get digests, and there is a table for the indexes of properties."""

from collections.abc import Callable

import apsw

from data_kernel.adapters.embedded.disk import sealing
from data_kernel.adapters.embedded.encoding import row_digests
from data_kernel.adapters.embedded.progress import OnProgress

_FORMAT = 3
# By the columns of format 3: a format that gives one of these tables other columns leaves this step a list of its own.
_SEALED = ("meta", "database", "branch", "tag", "outbox", "idempotency")
_STEP_ROWS = 1000
# A column that comes later must have a default; no row keeps it.
_DIGEST = "ALTER TABLE {table} ADD COLUMN digest BLOB NOT NULL DEFAULT x''"
_PROPERTY_INDEX = """
CREATE TABLE property_index (           -- the newest saved index of each property
    database INTEGER NOT NULL,
    type TEXT NOT NULL,
    property TEXT NOT NULL,
    commit_position INTEGER NOT NULL,   -- the commit that the entries are of
    key BLOB NOT NULL,                  -- keys the digests of values; without it an entry tells nothing
    root BLOB,                          -- hash and position, NULL: empty
    PRIMARY KEY (database, type, property)
) STRICT, WITHOUT ROWID;
"""


def run(connection: apsw.Connection, on_progress: OnProgress) -> None:
    """Within the transaction that the connection is in."""
    connection.pragma("user_version", _FORMAT)
    connection.execute("UPDATE meta SET format = ?", (_FORMAT,))
    connection.execute(_PROPERTY_INDEX)
    sealing.prepare(connection, _counted(_rows(connection), on_progress))
    for table in _SEALED:
        connection.execute(_DIGEST.format(table=table))
        sealing.seal(connection, table)
        on_progress(f"digests of {table}", 1, 1)


def _rows(connection: apsw.Connection) -> int:
    return sum(connection.execute(f"SELECT count(*) FROM {table}").get for table in _SEALED)  # noqa: S608 - our names


def _counted(total: int, on_progress: OnProgress) -> Callable[..., bytes]:
    """What makes digests, and tells how many it has made."""
    done = 0

    def digest(table: str, *row: int | str | None) -> bytes:
        nonlocal done
        done += 1
        if not done % _STEP_ROWS:
            on_progress("digests of rows", done, total)
        return row_digests.digest(table, *row)

    return digest
