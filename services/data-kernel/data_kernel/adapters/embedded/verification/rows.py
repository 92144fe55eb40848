"""Rows that have a digest of their own, and numbers that the file gives out."""

from data_kernel.adapters.embedded.disk import sealing
from data_kernel.adapters.embedded.encoding.row_digests import COLUMNS
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.verification.report import Broken, Fault

_NUMBERED = ("database", "branch")
_NEWEST = (
    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0) "
    ">= coalesce((SELECT max(number) FROM {table}), 0)"
)


def check(access: Access) -> None:
    """All of them, of every database."""
    for table, columns in COLUMNS.items():
        row = sealing.first_changed(access.connection, table)
        if row is not None:
            place = ", ".join(f"{column} {value}" for column, value in zip(columns[:2], row, strict=False))
            raise Broken(Fault(table, 0, place, "its digest is not that of its columns"))
    for table in _NUMBERED:
        if not access.connection.execute(_NEWEST.format(table=table), (table,)).get:
            raise Broken(Fault(table, 0, "the newest number", "numbers would be given a second time"))
