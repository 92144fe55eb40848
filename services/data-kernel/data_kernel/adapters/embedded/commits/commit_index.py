"""From a commit's id to its position: the newest in memory, the others in a table that is filled in batches.

A table keyed by a digest is written all over, so that each group would change as many pages as it has commits. Filled
thousands at a time and in order, it costs a small part of that.
"""

from collections.abc import Iterable
from typing import Any

import apsw

from data_kernel.adapters.embedded.disk import sealing
from data_kernel.adapters.embedded.encoding.positions import database_of, end_of, first_of

BATCH = 4096

_FIND = "SELECT position FROM commit_index WHERE id = ?"
_INSERT = "INSERT INTO commit_index (id, position) VALUES (?, ?)"
_NOT_INDEXED = "SELECT id, position FROM commit_record WHERE position > ? AND position < ?"


class CommitIndex:
    """Changed by the writer between groups, read by all threads."""

    def __init__(self) -> None:
        self._recent: dict[bytes, int] = {}
        # In the table too. Kept for the reads that began before the batch was durable and do not see it there.
        self._batched: dict[bytes, int] = {}

    def find(self, connection: apsw.Connection, commit: bytes) -> int | None:
        """The position of a commit of any database, or `None`."""
        position = self._recent.get(commit) or self._batched.get(commit)
        if position is None:
            position = connection.execute(_FIND, (commit,)).get
        return position

    def load(self, connection: apsw.Connection) -> None:
        """Read what the table does not have yet."""
        databases: list[Any] = connection.execute("SELECT number, indexed FROM database").fetchall()
        for number, indexed in databases:
            rows = connection.execute(_NOT_INDEXED, (max(indexed, first_of(number)), end_of(number)))
            self._recent.update((commit, position) for commit, position in rows)

    def add(self, commits: dict[bytes, int]) -> None:
        """Commits that are durable."""
        self._recent.update(commits)

    def remove(self, commits: Iterable[bytes]) -> None:
        """Commits that are deleted, in the table too."""
        for commit in commits:
            self._recent.pop(commit, None)
            self._batched.pop(commit, None)

    @property
    def is_due(self) -> bool:
        """Whether a batch has gathered."""
        return len(self._recent) >= BATCH

    def write_batch(self, connection: apsw.Connection) -> None:
        """Put what has gathered into the table, within the group's transaction."""
        connection.executemany(_INSERT, sorted(self._recent.items()))
        sealing.refuse_changed(connection, "database")  # what stays as it is must be as it was written
        newest = {database_of(position): position for position in sorted(self._recent.values())}
        connection.executemany(
            "UPDATE database SET indexed = ? WHERE number = ?",
            [(position, database) for database, position in newest.items()],
        )
        sealing.seal(connection, "database")

    def batch_is_durable(self) -> None:
        """The batch need not be kept any longer than the reads that are in progress."""
        self._batched, self._recent = self._recent, {}

    def forget(self, database: int) -> None:
        """The database is gone."""
        self._recent = {key: value for key, value in self._recent.items() if database_of(value) != database}
        self._batched = {key: value for key, value in self._batched.items() if database_of(value) != database}
