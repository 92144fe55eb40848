"""Rows of the table of branches."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import apsw

from data_kernel.adapters.embedded.encoding import commit_ids, commit_records, row_digests
from data_kernel.adapters.embedded.encoding.times import to_datetime
from data_kernel.domain.databases import Branch
from shared.errors import Internal, NotFound

_SELECT = (
    "SELECT number, branch.database, name, incarnation, created_us, deleted_us, head, ref_number, branch.digest, "
    "commit_record.id, substr(commit_record.record, 1, 8) FROM branch "
    "LEFT JOIN commit_record ON commit_record.position = branch.head "
)


class Head(NamedTuple):
    """A commit as a branch points at it."""

    position: int
    id: bytes
    time_us: int


@dataclass(slots=True)
class BranchRow:
    """One incarnation of a branch; `head_id`, `head_text` (the same id) and `head_us` are those of `head`'s commit."""

    number: int
    database: int
    name: str
    incarnation: int
    created_us: int
    deleted_us: int | None
    head: int | None
    ref_number: int
    head_id: bytes | None = None
    head_us: int = 0
    head_text: str | None = None

    def columns(self) -> tuple[int, int, str, int, int, int | None, int | None, int, bytes]:
        """The row in the order of the table's columns."""
        row = (
            self.number,
            self.database,
            self.name,
            self.incarnation,
            self.created_us,
            self.deleted_us,
            self.head,
            self.ref_number,
        )
        return *row, row_digests.digest("branch", *row)

    def point_at(self, head: Head | None) -> None:
        """Have another head; `None`: before the first commit."""
        self.head, self.head_id, self.head_us = head or (None, None, 0)
        self.head_text = None if self.head_id is None else commit_ids.to_text(self.head_id)


def find(connection: apsw.Connection, database: int, name: str) -> BranchRow | None:
    """The branch as it stands in the file, or `None`."""
    row = connection.execute(
        _SELECT + "WHERE branch.database = ? AND name = ? AND deleted_us IS NULL", (database, name)
    ).fetchone()
    return None if row is None else _to_row(row)


def get(connection: apsw.Connection, database: int, name: str) -> BranchRow:
    """The branch as it stands in the file; `NotFound`."""
    branch = find(connection, database, name)
    if branch is None:
        raise missing(name)
    return branch


def list_after(connection: apsw.Connection, database: int, after: str, limit: int) -> list[BranchRow]:
    """Branches in order of name, those after `after`."""
    rows = connection.execute(
        _SELECT + "WHERE branch.database = ? AND deleted_us IS NULL AND name > ? ORDER BY name LIMIT ?",
        (database, after, limit),
    )
    return [_to_row(row) for row in rows]


def newest_incarnation(connection: apsw.Connection, database: int, name: str) -> int:
    """How many branches had this name so far."""
    count: int = connection.execute(
        "SELECT coalesce(max(incarnation), 0) FROM branch WHERE database = ? AND name = ?", (database, name)
    ).get
    return count


def to_branch(row: BranchRow, database: str) -> Branch:
    """The row as the domain's branch."""
    return Branch(
        database=database,
        name=row.name,
        incarnation=row.incarnation,
        head=row.head_text,
        head_time=None if row.head is None else to_datetime(row.head_us),
        created_at=to_datetime(row.created_us),
    )


def missing(name: str) -> NotFound:
    """The error for a branch that is not there."""
    return NotFound(f"there is no branch {name!r}", field="branch")


def _to_row(row: tuple[Any, ...]) -> BranchRow:
    *columns, digest, head_id, time = row
    row_digests.check("branch", columns, digest)
    branch = BranchRow(*columns)
    head = branch.head
    if head is not None and head_id is None:
        raise Internal("a branch's head is not in the store's file; verify tells where")
    branch.point_at(None if head is None else Head(head, head_id, commit_records.time_us(time)))
    return branch
