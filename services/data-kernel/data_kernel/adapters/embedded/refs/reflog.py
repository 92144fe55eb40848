"""The ref log: every move of every branch, numbered on its incarnation, each with its row in the outbox."""

from typing import Any

import apsw

from data_kernel.adapters.embedded.encoding import commit_ids, ref_entries, row_digests
from data_kernel.adapters.embedded.encoding.ref_entries import RefEntry
from data_kernel.adapters.embedded.encoding.times import to_datetime
from data_kernel.adapters.embedded.refs import branch_rows, databases
from data_kernel.adapters.embedded.refs.branch_rows import BranchRow, Head
from data_kernel.adapters.embedded.threads.rows import Announcement
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.domain.commits import Attribution, Cursor, RefCause, RefUpdate
from shared.errors import Gone, NotFound

_UNTRIED = (0, 0, 0, "", None)  # from `attempts` on
UPDATE_COLUMNS = "number, cause, old_head, new_head, time_us, actor, traceparent"


def move(
    session: WriteSession,
    branch: BranchRow,
    cause: RefCause,
    head: Head | None,
    time_us: int,
    attribution: Attribution,
) -> None:
    """Point the branch at a commit (`None`: before the first), with its entry and outbox row."""
    old = branch.head_id
    branch.point_at(head)
    branch.ref_number += 1
    entry = RefEntry(
        branch.name,
        branch.incarnation,
        branch.ref_number,
        cause.value,
        old,
        branch.head_id,
        time_us,
        attribution.actor,
        attribution.traceparent,
    )
    rows = session.rows
    rows.ref_updates.append((branch.number, *entry[2:], ref_entries.digest(entry)))
    rows.outbox.append(_announcement(session.next_sequence(), branch))
    rows.branches[branch.number] = branch


def entries(connection: apsw.Connection, database: str, branch: str, since: Cursor, limit: int) -> list[RefUpdate]:
    """Entries after `since`, incarnation by incarnation.

    `NotFound` for a name that no branch ever had, `Gone` for a place that the log does not have.
    """
    incarnations = _incarnations(connection, databases.number_of(connection, database), branch)
    _expect_place(since, {incarnation: newest for incarnation, _, newest in incarnations})
    found: list[RefUpdate] = []
    for incarnation, number, _ in incarnations:
        if incarnation >= since.incarnation and len(found) < limit:
            after = since.number if incarnation == since.incarnation else 0
            rows = connection.execute(
                f"SELECT {UPDATE_COLUMNS} FROM ref_update "  # noqa: S608 - a constant
                "WHERE branch = ? AND number > ? ORDER BY number LIMIT ?",
                (number, after, limit - len(found)),
            )
            found.extend(to_update(database, branch, incarnation, row) for row in rows)
    return found


def head_at(connection: apsw.Connection, database: int, branch: str, time_us: int) -> bytes | None:
    """The head that the branch had then, `None` before its first commit; `NotFound` where there was no such branch."""
    row: Any = connection.execute(
        "SELECT number, ref_number FROM branch WHERE database = ? AND name = ? AND created_us <= ? "
        "AND (deleted_us IS NULL OR deleted_us > ?)",
        (database, branch, time_us, time_us),
    ).fetchone()
    if row is None:
        raise NotFound(f"there was no branch {branch!r} at that time", field="at")
    number, newest = row
    return _head_as_of(connection, number, newest, time_us)


def to_update(database: str, branch: str, incarnation: int, row: tuple[Any, ...]) -> RefUpdate:
    """One row of `UPDATE_COLUMNS` as the domain's entry."""
    number, cause, old_head, new_head, time_us, actor, traceparent = row
    return RefUpdate(
        database=database,
        branch=branch,
        incarnation=incarnation,
        number=number,
        cause=RefCause(cause),
        old_head=None if old_head is None else commit_ids.to_text(old_head),
        new_head=None if new_head is None else commit_ids.to_text(new_head),
        time=to_datetime(time_us),
        actor=actor,
        traceparent=traceparent,
    )


def _announcement(sequence: int, branch: BranchRow) -> Announcement:
    """The row of an entry that nobody has tried to announce yet."""
    row = (sequence, branch.number, branch.ref_number, *_UNTRIED)
    return *row, row_digests.digest("outbox", *row)


def _incarnations(connection: apsw.Connection, database: int, branch: str) -> list[tuple[int, int, int]]:
    """Of each branch that had the name: which it was, its row, and its newest entry."""
    rows: list[Any] = connection.execute(
        "SELECT incarnation, number, ref_number FROM branch WHERE database = ? AND name = ? ORDER BY incarnation",
        (database, branch),
    ).fetchall()
    if not rows:
        raise branch_rows.missing(branch)
    return rows


def _expect_place(since: Cursor, newest: dict[int, int]) -> None:
    # A place that is not there was given out by another log: the store was restored, or the database made anew.
    if since != Cursor(0, 0) and not 0 <= since.number <= newest.get(since.incarnation, -1):
        raise Gone("since: the branch's log does not reach there (any more); begin anew", field="since")


def _head_as_of(connection: apsw.Connection, branch: int, newest: int, time_us: int) -> bytes | None:
    # Numbers have no gaps and times grow with them, so that halving finds the entry without an index over times.
    # The first entry is the creation, which is known to be at or before the time.
    low, high = 1, newest
    while low < high:
        middle = (low + high + 1) // 2
        if _entry(connection, branch, middle)[0] <= time_us:
            low = middle
        else:
            high = middle - 1
    return _entry(connection, branch, low)[1]


def _entry(connection: apsw.Connection, branch: int, number: int) -> tuple[int, bytes | None]:
    row: tuple[int, bytes | None] = connection.execute(
        "SELECT time_us, new_head FROM ref_update WHERE branch = ? AND number = ?", (branch, number)
    ).get
    return row
