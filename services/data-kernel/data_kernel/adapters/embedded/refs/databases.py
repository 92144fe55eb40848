"""The table of databases."""

import json
from collections.abc import Iterator

import apsw

from data_kernel.adapters.embedded.disk import sealing
from data_kernel.adapters.embedded.encoding import row_digests
from data_kernel.adapters.embedded.encoding.positions import end_of, first_of
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.domain.databases import Database, Naming
from shared.errors import AlreadyExists, NotFound

_COLUMNS = ", ".join(row_digests.COLUMNS["database"])
_BY_POSITION = ("node", "body", "root", "commit_record")
_BY_BRANCH = ("ref_update", "outbox")
_BY_NUMBER = ("document_key", "tag", "idempotency", "branch", "property_index")


def number_of(connection: apsw.Connection, name: str) -> int:
    """The database's number; `NotFound`."""
    number: int | None = connection.execute("SELECT number FROM database WHERE name = ?", (name,)).get
    if number is None:
        raise NotFound(f"there is no database {name!r}", field="database")
    return number


def number_in(session: WriteSession, name: str) -> int:
    """The database's number as the group sees it; `NotFound`."""
    number = session.databases.get(name)
    if number is None:
        number = session.databases[name] = number_of(session.connection, name)
    return number


def create(session: WriteSession, database: Database) -> None:
    """Make a database without branches; `AlreadyExists`."""
    if session.connection.execute("SELECT 1 FROM database WHERE name = ?", (database.name,)).get:
        raise AlreadyExists(f"there is a database {database.name!r} already", field="database")
    session.connection.execute(
        "INSERT INTO database (name, label, comment, naming, prefixes, indexed, digest) VALUES (?, ?, ?, ?, ?, 0, x'')",
        (database.name, database.label, database.comment, database.naming.value, json.dumps(database.prefixes)),
    )
    sealing.seal(session.connection, "database", "WHERE number = ?", (session.connection.last_insert_rowid(),))


def describe(session: WriteSession, name: str, label: str, comment: str) -> None:
    """Give a database another label and comment; `NotFound`."""
    find(session.connection, name)  # what stays as it is must be as it was written
    number = number_of(session.connection, name)
    session.connection.execute("UPDATE database SET label = ?, comment = ? WHERE number = ?", (label, comment, number))
    sealing.seal(session.connection, "database", "WHERE number = ?", (number,))


def delete(session: WriteSession, name: str) -> None:
    """Delete a database with everything in it; its pages are given back after the group."""
    connection, number = session.connection, number_of(session.connection, name)
    bounds = (first_of(number), end_of(number))
    connection.execute(
        "DELETE FROM commit_index WHERE id IN (SELECT id FROM commit_record WHERE position > ? AND position < ?)",
        bounds,
    )
    for table in _BY_POSITION:
        connection.execute(f"DELETE FROM {table} WHERE position > ? AND position < ?", bounds)  # noqa: S608 - our names
    for table in _BY_BRANCH:
        connection.execute(
            f"DELETE FROM {table} WHERE branch IN (SELECT number FROM branch WHERE database = ?)",  # noqa: S608 - our names
            (number,),
        )
    for table in _BY_NUMBER:
        connection.execute(f"DELETE FROM {table} WHERE database = ?", (number,))  # noqa: S608 - our names
    connection.execute("DELETE FROM database WHERE number = ?", (number,))
    session.forget_database(name, number)
    session.reclaims_space = True


def find(connection: apsw.Connection, name: str) -> Database:
    """The database's properties; `NotFound`."""
    found = next(_select(connection, "WHERE name = ?", (name,)), None)
    if found is None:
        raise NotFound(f"there is no database {name!r}", field="database")
    return found


def list_all(connection: apsw.Connection) -> list[Database]:
    """All databases in order of name."""
    return list(_select(connection, "ORDER BY name", ()))


def _select(connection: apsw.Connection, rest: str, bindings: tuple[str, ...]) -> Iterator[Database]:
    rows = connection.execute(f"SELECT {_COLUMNS}, digest FROM database {rest}", bindings)  # noqa: S608 - constants only
    for *row, digest in rows:
        row_digests.check("database", row, digest)
        _, name, label, comment, naming, prefixes, _ = row
        yield Database(name, label, comment, Naming(naming), json.loads(prefixes))
