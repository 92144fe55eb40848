"""The rows that the changes of a group have made, written with one statement a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import apsw

from data_kernel.adapters.embedded.commits.ancestry import CommitRow
from data_kernel.adapters.embedded.refs.branch_rows import BranchRow

_NODE = "INSERT INTO node VALUES (?, ?)"
_BODY = "INSERT INTO body VALUES (?, ?)"
_KEY = "INSERT OR REPLACE INTO document_key VALUES (?, ?, ?, ?)"
_COMMIT = "INSERT INTO commit_record VALUES (?, ?, ?, ?, ?, ?)"
_ROOT = "INSERT INTO root VALUES (?, ?, ?, ?, ?)"
_REF_UPDATE = "INSERT INTO ref_update VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_OUTBOX = "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ANSWER = "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_BRANCH = (
    "INSERT INTO branch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET "
    "deleted_us = excluded.deleted_us, head = excluded.head, ref_number = excluded.ref_number, digest = excluded.digest"
)

Answer = tuple[int, str, str, str, str, str | None, str, int, int, bytes]
Announcement = tuple[int, int, int, int, int, int, str, int | None, bytes]


@dataclass(slots=True)
class Rows:
    """Rows in the order of their tables' columns. Bodies and nodes are kept elsewhere, for the group reads them."""

    keys: dict[tuple[int, int, str], bytes] = field(default_factory=dict)
    commits: list[CommitRow] = field(default_factory=list)
    roots: list[tuple[int, bytes | None, bytes | None, bytes | None, bytes | None]] = field(default_factory=list)
    ref_updates: list[tuple[int, int, str, bytes | None, bytes | None, int, str, str, bytes]] = field(
        default_factory=list
    )
    outbox: list[Announcement] = field(default_factory=list)
    answers: dict[tuple[int, str, str], Answer] = field(default_factory=dict)
    branches: dict[int, BranchRow] = field(default_factory=dict)

    def write(self, connection: apsw.Connection, nodes: Mapping[int, bytes], bodies: Mapping[int, bytes]) -> None:
        """Write all that is there."""
        for statement, rows in (
            (_NODE, list(nodes.items())),
            (_BODY, list(bodies.items())),
            (_KEY, sorted((*place, key) for place, key in self.keys.items())),
            (_COMMIT, self.commits),
            (_ROOT, self.roots),
            (_REF_UPDATE, self.ref_updates),
            (_OUTBOX, self.outbox),
            (_ANSWER, list(self.answers.values())),
            (_BRANCH, [branch.columns() for branch in self.branches.values()]),
        ):
            if rows:
                connection.executemany(statement, rows)
