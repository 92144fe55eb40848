"""The table of databases."""

import json
from collections.abc import Iterator

import apsw

from data_kernel.adapters.embedded.session import WriteSession
from data_kernel.domain.databases import Database, Naming
from shared.errors import AlreadyExists, NotFound

_COLUMNS = "name, label, comment, naming, prefixes"
_OF_LINES = (
    "DELETE FROM document WHERE line = ?",
    "DELETE FROM reference WHERE line = ?",
    "DELETE FROM commit_record WHERE line = ?",
    "DELETE FROM ref_update WHERE line = ?",
    "DELETE FROM outbox WHERE line = ?",
    "DELETE FROM line WHERE number = ?",
)
_OF_DATABASE = (
    "DELETE FROM scattered_type WHERE database = ?",
    "DELETE FROM idempotency WHERE database = ?",
    "DELETE FROM database WHERE number = ?",
)


def number_of(connection: apsw.Connection, name: str) -> int:
    """The database's number; `NotFound`."""
    number: int | None = connection.execute("SELECT number FROM database WHERE name = ?", (name,)).get
    if number is None:
        raise NotFound(f"there is no database {name!r}", field="database")
    return number


def create(session: WriteSession, database: Database) -> None:
    """Make a database without branches; `AlreadyExists`."""
    if session.connection.execute("SELECT 1 FROM database WHERE name = ?", (database.name,)).get:
        raise AlreadyExists(f"there is a database {database.name!r} already", field="database")
    session.connection.execute(
        f"INSERT INTO database ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608 - the names are a constant
        (database.name, database.label, database.comment, database.naming.value, json.dumps(database.prefixes)),
    )


def describe(session: WriteSession, name: str, label: str, comment: str) -> None:
    """Give a database another label and comment; `NotFound`."""
    number = number_of(session.connection, name)
    session.connection.execute("UPDATE database SET label = ?, comment = ? WHERE number = ?", (label, comment, number))


def delete(session: WriteSession, name: str) -> None:
    """Delete a database with everything in it; its pages are given back after the group."""
    number = number_of(session.connection, name)
    for (line,) in session.connection.execute("SELECT number FROM line WHERE database = ?", (number,)).fetchall():
        for statement in _OF_LINES:
            session.connection.execute(statement, (line,))
    for statement in _OF_DATABASE:
        session.connection.execute(statement, (number,))
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
    rows = connection.execute(f"SELECT {_COLUMNS} FROM database {rest}", bindings)  # noqa: S608 - constants only
    for name, label, comment, naming, prefixes in rows:
        yield Database(name, label, comment, Naming(naming), json.loads(prefixes))
