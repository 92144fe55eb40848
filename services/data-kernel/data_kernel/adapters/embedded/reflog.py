"""The ref log: every move of every branch, numbered on its line, each with its row in the outbox."""

from typing import Any

import apsw

from data_kernel.adapters.embedded import databases, lines
from data_kernel.adapters.embedded.lines import Line
from data_kernel.adapters.embedded.session import WriteSession
from data_kernel.adapters.embedded.times import to_datetime
from data_kernel.domain.commits import Attribution, Cursor, RefCause, RefUpdate
from shared.errors import NotFound

UPDATE_COLUMNS = "number, cause, old_head, new_head, time_us, actor, traceparent"


def append(
    session: WriteSession, line: Line, cause: RefCause, new_head: str | None, time_us: int, attribution: Attribution
) -> None:
    """Write the entry after `line.ref_number`, from `line.head` to `new_head`, and its outbox row; the line stays."""
    number = line.ref_number + 1
    who = (attribution.actor, attribution.traceparent)
    session.connection.execute(
        "INSERT INTO ref_update VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (line.number, number, cause.value, line.head, new_head, time_us, *who),
    )
    session.connection.execute(
        "INSERT INTO outbox (sequence, line, number) VALUES (?, ?, ?)", (session.next_sequence(), line.number, number)
    )


def entries(connection: apsw.Connection, database: str, branch: str, since: Cursor, limit: int) -> list[RefUpdate]:
    """Entries after `since`, incarnation by incarnation; `NotFound` for a name that no branch ever had."""
    found: list[RefUpdate] = []
    for incarnation, line in _incarnations(connection, databases.number_of(connection, database), branch):
        if incarnation >= since.incarnation and len(found) < limit:
            after = since.number if incarnation == since.incarnation else 0
            rows = connection.execute(
                f"SELECT {UPDATE_COLUMNS} FROM ref_update "  # noqa: S608 - a constant
                "WHERE line = ? AND number > ? ORDER BY number LIMIT ?",
                (line, after, limit - len(found)),
            )
            found.extend(to_update(database, branch, incarnation, row) for row in rows)
    return found


def head_at(connection: apsw.Connection, database: int, branch: str, time_us: int) -> str | None:
    """The head that the branch had then, `None` before its first commit; `NotFound` where there was no such branch."""
    row: Any = connection.execute(
        "SELECT number, ref_number FROM line WHERE database = ? AND branch = ? AND created_us <= ? "
        "AND (deleted_us IS NULL OR deleted_us > ?)",
        (database, branch, time_us, time_us),
    ).fetchone()
    if row is None:
        raise NotFound(f"there was no branch {branch!r} at that time", field="at")
    line, newest = row
    return _head_as_of(connection, line, newest, time_us)


def to_update(database: str, branch: str, incarnation: int, row: tuple[Any, ...]) -> RefUpdate:
    """One row of `UPDATE_COLUMNS` as the domain's entry."""
    number, cause, old_head, new_head, time_us, actor, traceparent = row
    return RefUpdate(
        database=database,
        branch=branch,
        incarnation=incarnation,
        number=number,
        cause=RefCause(cause),
        old_head=old_head,
        new_head=new_head,
        time=to_datetime(time_us),
        actor=actor,
        traceparent=traceparent,
    )


def _incarnations(connection: apsw.Connection, database: int, branch: str) -> list[tuple[int, int]]:
    rows: list[Any] = connection.execute(
        "SELECT incarnation, number FROM line WHERE database = ? AND branch = ? ORDER BY incarnation",
        (database, branch),
    ).fetchall()
    if not rows:
        raise lines.missing(branch)
    return rows


def _head_as_of(connection: apsw.Connection, line: int, newest: int, time_us: int) -> str | None:
    # Numbers have no gaps and times grow with them, so that halving finds the entry without an index over times.
    # The first entry is the creation, which is known to be at or before the time.
    low, high = 1, newest
    while low < high:
        middle = (low + high + 1) // 2
        if _entry(connection, line, middle)[0] <= time_us:
            low = middle
        else:
            high = middle - 1
    return _entry(connection, line, low)[1]


def _entry(connection: apsw.Connection, line: int, number: int) -> tuple[int, str | None]:
    row: tuple[int, str | None] = connection.execute(
        "SELECT time_us, new_head FROM ref_update WHERE line = ? AND number = ?", (line, number)
    ).get
    return row
