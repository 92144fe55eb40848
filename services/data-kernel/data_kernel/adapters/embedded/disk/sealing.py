"""Digests of rows by statements: giving them, and looking for rows that have another one.

Every connection has the function `row_digest(table, value, …)` of SQL for it.
"""

from collections.abc import Callable
from typing import Any

import apsw

from data_kernel.adapters.embedded.encoding import row_digests

_FUNCTION = "row_digest"


def prepare(connection: apsw.Connection, digest: Callable[..., bytes] = row_digests.digest) -> None:
    """Give the connection the function; `digest` stands in for what makes the digests, to count them."""
    connection.create_scalar_function(_FUNCTION, digest, deterministic=True)


def seal(connection: apsw.Connection, table: str, where: str = "", bindings: tuple[int, ...] = ()) -> None:
    """Give the rows the digest of what they have."""
    connection.execute(f"UPDATE {table} SET digest = {_call(table)} {where}", bindings)  # noqa: S608 - our names


def refuse_changed(connection: apsw.Connection, table: str) -> None:
    """`Internal` where a row of the table is not what was written; for tables of few rows."""
    if first_changed(connection, table) is not None:
        raise row_digests.changed(table)


def first_changed(connection: apsw.Connection, table: str) -> tuple[Any, ...] | None:
    """The first row of the table that has another digest than its own, without it; `None` where there is none."""
    columns = ", ".join(row_digests.COLUMNS[table])
    statement = f"SELECT {columns} FROM {table} WHERE digest IS NOT {_call(table)} LIMIT 1"  # noqa: S608 - our names
    return connection.execute(statement).fetchone()


def _call(table: str) -> str:
    return f"{_FUNCTION}('{table}', {', '.join(row_digests.COLUMNS[table])})"
