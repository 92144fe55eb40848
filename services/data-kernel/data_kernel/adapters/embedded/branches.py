"""Making and deleting branches."""

from dataclasses import replace

import apsw

from data_kernel.adapters.embedded import databases, lines, reflog, revisions
from data_kernel.adapters.embedded.lines import Chain, Layer, Line
from data_kernel.adapters.embedded.session import WriteSession
from data_kernel.domain.commits import Attribution, RefCause
from data_kernel.domain.databases import Branch, Revision
from shared.errors import AlreadyExists

_SCHEMA_COMMIT = (
    "SELECT commit_record.id FROM document JOIN commit_record USING (line, seq) "
    "WHERE document.line = ? AND graph = 1 AND seq <= ? ORDER BY seq DESC LIMIT 1"
)


def create(
    session: WriteSession, database: str, name: str, attribution: Attribution, origin: Revision | None
) -> Branch:
    """Make a branch at `origin`, or an orphan; `AlreadyExists`."""
    connection = session.connection
    number = databases.number_of(connection, database)
    if lines.find_live(connection, number, name) is not None:
        raise AlreadyExists(f"there is a branch {name!r} already", field="branch")
    head = None if origin is None else revisions.resolve(connection, database, origin).commit
    return lines.to_branch(begin(session, number, name, attribution, head), database)


def begin(session: WriteSession, database: int, name: str, attribution: Attribution, head: str | None) -> Line:
    """Begin the branch's next incarnation at the commit `head`; the name must be free."""
    time_us = session.next_time_us()
    line = _insert(session.connection, database, name, head, time_us)
    reflog.append(session, replace(line, head=None), RefCause.CREATE, head, time_us, attribution)
    session.connection.execute("UPDATE line SET ref_number = 1 WHERE number = ?", (line.number,))
    return replace(line, ref_number=1)


def delete(session: WriteSession, database: str, name: str, attribution: Attribution) -> None:
    """Delete a branch; its line stays, for its commits are readable by their ids."""
    connection = session.connection
    line = lines.live(connection, databases.number_of(connection, database), name)
    time_us = session.next_time_us()
    reflog.append(session, line, RefCause.DELETE, None, time_us, attribution)
    connection.execute(
        "UPDATE line SET deleted_us = ?, ref_number = ref_number + 1 WHERE number = ?", (time_us, line.number)
    )


def find(connection: apsw.Connection, database: str, name: str) -> Branch:
    """The branch as it stands; `NotFound`."""
    return lines.to_branch(lines.live(connection, databases.number_of(connection, database), name), database)


def list_all(connection: apsw.Connection, database: str, after: str, limit: int) -> list[Branch]:
    """Branches in order of name, those after `after`."""
    found = lines.list_live(connection, databases.number_of(connection, database), after, limit)
    return [lines.to_branch(line, database) for line in found]


def _insert(connection: apsw.Connection, database: int, name: str, head: str | None, time_us: int) -> Line:
    chain = () if head is None else lines.chain_of_commit(connection, database, head)
    parent, parent_seq = chain[0] if chain else (None, None)
    incarnation = connection.execute(
        "SELECT count(*) + 1 FROM line WHERE database = ? AND branch = ?", (database, name)
    ).get
    head_us = connection.execute("SELECT time_us FROM commit_record WHERE id = ?", (head,)).get
    connection.execute(
        "INSERT INTO line (database, branch, incarnation, parent, parent_seq, created_us, head, head_us, head_seq, "
        "ref_number, schema_commit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)",
        (database, name, incarnation, parent, parent_seq, time_us, head, head_us, _schema_commit(connection, chain)),
    )
    return lines.live(connection, database, name)


def _schema_commit(connection: apsw.Connection, chain: Chain) -> str:
    return next((found for layer in chain if (found := _schema_commit_of(connection, layer))), "")


def _schema_commit_of(connection: apsw.Connection, layer: Layer) -> str:
    found: str | None = connection.execute(_SCHEMA_COMMIT, layer).get
    return found or ""
