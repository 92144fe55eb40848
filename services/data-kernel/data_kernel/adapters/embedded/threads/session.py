"""What a change is made with: the writer's way to the store, what the group has made so far, and growing numbers."""

from typing import TYPE_CHECKING

import apsw

from data_kernel.adapters.embedded.commits.ancestry import CommitRow
from data_kernel.adapters.embedded.commits.contents import Content
from data_kernel.adapters.embedded.disk import sealing
from data_kernel.adapters.embedded.disk.schema import FORMAT_VERSION
from data_kernel.adapters.embedded.encoding import row_digests
from data_kernel.adapters.embedded.encoding.positions import end_of, first_of
from data_kernel.adapters.embedded.encoding.times import Clock, RandomSource
from data_kernel.adapters.embedded.threads.access import Access, Memory, Pending
from data_kernel.adapters.embedded.threads.rows import Rows

if TYPE_CHECKING:
    from data_kernel.adapters.embedded.refs.branch_rows import BranchRow

_META = "UPDATE meta SET last_us = ?, sequence = ?, purge_epoch = ?, digest = ?"
# A number that was given is not given again, also where the row that counts them was lost.
_NEWEST_BRANCH = (
    "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'branch'), 0), "
    "coalesce((SELECT max(number) FROM branch), 0))"
)


class WriteSession:
    """Used in the writer's thread alone.

    Changes gather in memory; `flush` writes their rows, each table at once, `published` tells that they are durable,
    and `forget` that they are lost. After a group that failed, times, sequences and positions go on from where they
    were: gaps are harmless, repeats are not.
    """

    def __init__(self, connection: apsw.Connection, memory: Memory, clock: Clock, random: RandomSource) -> None:
        self.access = Access(connection, memory)
        self.random = random
        self.rows = Rows()
        self.databases: dict[str, int] = {}
        self.branches: dict[tuple[int, str], BranchRow | None] = {}
        self.reclaims_space = False
        self._clock = clock
        for table in ("meta", "database"):
            sealing.refuse_changed(connection, table)
        row: tuple[int, int, int] = connection.execute("SELECT last_us, sequence, purge_epoch FROM meta").get
        self._last_us, self._sequence, self.purge_epoch = row
        self._next_purge_epoch = self.purge_epoch
        self._branch_number: int = connection.execute(_NEWEST_BRANCH).get
        self._deleted: list[int] = []
        self._positions: dict[tuple[str, int], int] = {}
        self._is_dirty = self._has_batch = False
        memory.commits.load(connection)

    @property
    def connection(self) -> apsw.Connection:
        """The writer's connection."""
        return self.access.connection

    @property
    def sequence(self) -> int:
        """The number of the newest ref update."""
        return self._sequence

    def now_us(self) -> int:
        """The present, for what is only compared with itself."""
        return self._clock()

    def next_time_us(self) -> int:
        """The time of a ref update or commit: the present, but later than every one before."""
        self._last_us = max(self._clock(), self._last_us + 1)
        self._is_dirty = True
        return self._last_us

    def next_sequence(self) -> int:
        """The number of a ref update in the whole store."""
        self._sequence += 1
        self._is_dirty = True
        return self._sequence

    def next_branch_number(self) -> int:
        """The number of a new incarnation."""
        self._branch_number += 1
        return self._branch_number

    def next_position(self, table: str, database: int) -> int:
        """The next position of `node`, `body` or `commit_record` in the database."""
        last = self._positions.get((table, database))
        if last is None:
            statement = f"SELECT max(position) FROM {table} WHERE position < ?"  # noqa: S608 - one of our tables
            last = max(self.connection.execute(statement, (end_of(database),)).get or 0, first_of(database))
        self._positions[table, database] = last + 1
        return last + 1

    def hold_positions(self, database: int) -> None:
        """Go on from the present positions, even where the rows that have them are deleted: none is given twice."""
        for table in ("node", "body", "commit_record"):
            if (table, database) not in self._positions:
                self._positions[table, database] = self.next_position(table, database) - 1

    def begin_purge_epoch(self) -> int:
        """The next purge epoch, which is told once the group is durable."""
        self._next_purge_epoch += 1
        # At once, for what follows in the group is held to it; its digest comes with the others of the row.
        self.connection.execute("UPDATE meta SET purge_epoch = ?", (self._next_purge_epoch,))
        self._is_dirty = True
        return self._next_purge_epoch

    def add_commit(self, row: CommitRow, content: Content) -> None:
        """Keep a commit of this group."""
        pending = self.access.pending
        self.rows.commits.append(row)
        pending.rows[row.position] = row
        pending.commits[row.id] = row.position
        pending.contents[row.position] = content

    def flush(self) -> None:
        """Write the rows that have gathered."""
        pending, nodes = self.access.pending, self.access.memory.nodes.pending
        self.rows.write(self.connection, nodes, pending.bodies)
        self.rows = Rows()
        for written in (nodes, pending.bodies, pending.rows):
            written.clear()

    def save(self) -> None:
        """Write all that the group has made, clock and counter too; once a group."""
        self.flush()
        commits = self.access.memory.commits
        has_deletions = bool(self._deleted or self.access.pending.collected)
        if commits.is_due and not has_deletions:  # else the next group does it, without the commits that go
            commits.write_batch(self.connection)
            self._has_batch = True
        if self._is_dirty:
            row = (self._last_us, self._sequence, self._next_purge_epoch)
            digest = row_digests.digest("meta", 1, FORMAT_VERSION, *row)
            self.connection.execute(_META, (*row, digest))
            self._is_dirty = False

    def published(self) -> None:
        """The group is durable: let the readers know what it made."""
        pending, memory = self.access.pending, self.access.memory
        self.purge_epoch = self._next_purge_epoch
        if self._has_batch:
            memory.commits.batch_is_durable()
            self._has_batch = False
        for position, content in pending.contents.items():
            memory.contents.put(position, content)
        memory.commits.add(pending.commits)
        memory.commits.remove(pending.collected.values())
        for database in self._deleted:
            memory.commits.forget(database)
        self._deleted.clear()
        self.access.pending = Pending()

    def forget(self) -> None:
        """The group is lost: know only what is in the file."""
        self.rows = Rows()
        # Trees that the group stored share nodes with those that are kept, and have them where they are not now.
        self.access.memory.contents.clear()
        self.access.memory.nodes.pending.clear()
        self.access.pending = Pending()
        self.databases.clear()
        self.branches.clear()
        self._deleted.clear()
        self._has_batch = False
        self._is_dirty = True

    def forget_database(self, name: str, number: int) -> None:
        """The database is being deleted."""
        self.databases.pop(name, None)
        self.branches = {key: branch for key, branch in self.branches.items() if key[0] != number}
        self._deleted.append(number)
