"""Lines: incarnations of branches, and the chain of lines that a state is read from."""

from dataclasses import dataclass
from typing import NamedTuple

import apsw

from data_kernel.adapters.embedded.times import to_datetime
from data_kernel.domain.databases import Branch
from shared.errors import NotFound

_COLUMNS = (
    "number, database, branch, incarnation, parent, parent_seq, created_us, head, head_us, head_seq, ref_number, "
    "schema_commit"
)


class Layer(NamedTuple):
    """A line as far as a sequence."""

    line: int
    seq: int


Chain = tuple[Layer, ...]
"""What a state is read from: the newest layer that has a version of a document decides. Empty: nothing is there."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    number: int
    database: int
    branch: str
    incarnation: int
    parent: int | None
    parent_seq: int | None
    created_us: int
    head: str | None
    head_us: int | None
    head_seq: int
    ref_number: int
    schema_commit: str


def find_live(connection: apsw.Connection, database: int, branch: str) -> Line | None:
    """The branch as it stands, or `None`."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM line WHERE database = ? AND branch = ? AND deleted_us IS NULL",  # noqa: S608 - a constant
        (database, branch),
    ).fetchone()
    return None if row is None else Line(*row)


def live(connection: apsw.Connection, database: int, branch: str) -> Line:
    """The branch as it stands; `NotFound`."""
    line = find_live(connection, database, branch)
    if line is None:
        raise missing(branch)
    return line


def missing(branch: str) -> NotFound:
    """The error for a branch that is not there."""
    return NotFound(f"there is no branch {branch!r}", field="branch")


def list_live(connection: apsw.Connection, database: int, after: str, limit: int) -> list[Line]:
    """Branches in order of name, those after `after`."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM line WHERE database = ? AND deleted_us IS NULL AND branch > ? "  # noqa: S608 - a constant
        "ORDER BY branch LIMIT ?",
        (database, after, limit),
    )
    return [Line(*row) for row in rows]


def to_branch(line: Line, database: str) -> Branch:
    """The line as the domain's branch."""
    return Branch(
        database=database,
        name=line.branch,
        incarnation=line.incarnation,
        head=line.head,
        head_time=None if line.head_us is None else to_datetime(line.head_us),
        created_at=to_datetime(line.created_us),
    )


def chain_of_head(connection: apsw.Connection, line: Line) -> Chain:
    """The chain of the branch's head."""
    own = (Layer(line.number, line.head_seq),) if line.head_seq else ()
    return own + _chain(connection, line.parent, line.parent_seq)


def chain_of_commit(connection: apsw.Connection, database: int, commit: str) -> Chain:
    """The chain of a commit's state; `NotFound` unless the commit belongs to the database."""
    row = connection.execute(
        "SELECT commit_record.line, commit_record.seq, line.parent, line.parent_seq FROM commit_record "
        "JOIN line ON line.number = commit_record.line WHERE commit_record.id = ? AND line.database = ?",
        (commit, database),
    ).fetchone()
    if row is None:
        raise NotFound("there is no such commit in this database", field="commit")
    line, seq, parent, parent_seq = row
    return (Layer(line, seq), *_chain(connection, parent, parent_seq))


def _chain(connection: apsw.Connection, line: int | None, seq: int | None) -> Chain:
    layers: list[Layer] = []
    while line is not None and seq is not None:
        layers.append(Layer(line, seq))
        line, seq = connection.execute("SELECT parent, parent_seq FROM line WHERE number = ?", (line,)).get
    return tuple(layers)
