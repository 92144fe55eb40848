"""Indexes in the file: a row for each property, and nodes like those of the states."""

from time import monotonic
from typing import Any, NamedTuple

import apsw

from data_kernel.adapters.embedded.commits import ancestry, contents
from data_kernel.adapters.embedded.documents.property_index import Index, IndexedProperty, Origin
from data_kernel.adapters.embedded.encoding import commit_ids
from data_kernel.adapters.embedded.refs import databases
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.adapters.embedded.threads.writer import SLICE_S
from data_kernel.adapters.embedded.tree import Ref, Tree
from shared.errors import NotFound

SAVED_AGAIN_AFTER = 500
"""So many documents the first question after a restart may have to compare, which takes milliseconds. Saving sooner
would write several nodes for each of them, and often the same ones again."""
_STEP_NODES = 64

_ROW = "SELECT commit_position, key, root FROM property_index WHERE database = ? AND type = ? AND property = ?"
_ROWS = "SELECT type, property, commit_position, key, root FROM property_index WHERE database = ?"
_PUT = "INSERT OR REPLACE INTO property_index VALUES (?, ?, ?, ?, ?, ?)"
_PUT_NODE = "INSERT INTO node VALUES (?, ?)"
_DROP_ALL = "DELETE FROM property_index WHERE database = ?"
_DROP_LOST = (
    "DELETE FROM property_index WHERE database = ? AND commit_position NOT IN (SELECT position FROM commit_record)"
)


class SavedIndex(NamedTuple):
    """A row of the table, without the database."""

    type_name: str
    property_name: str
    commit: int
    key: bytes
    root: Ref | None


def rows_of(connection: apsw.Connection, database: int) -> list[SavedIndex]:
    """The saved indexes of a database."""
    rows: list[Any] = connection.execute(_ROWS, (database,)).fetchall()
    return [
        SavedIndex(type_name, property_name, commit, key, None if root is None else contents.unpack_ref(root))
        for type_name, property_name, commit, key, root in rows
    ]


def purge_epoch(access: Access) -> int:
    """The store's purge epoch in the transaction, which from here on sees one moment of the file."""
    epoch: int = access.connection.execute("SELECT purge_epoch FROM meta").get
    return epoch


def load(access: Access, of: IndexedProperty, generation: int) -> Index | None:
    """The index that is saved; nothing of it is read before it is asked for."""
    epoch, database = purge_epoch(access), databases.number_of(access.connection, of.database)
    row: Any = access.connection.execute(_ROW, (database, *of[1:])).fetchone()
    if row is None:
        return None
    position, key, root = row
    nodes = access.memory.nodes
    tree = Tree.empty(nodes) if root is None else Tree.at(nodes, contents.unpack_ref(root))
    commit = commit_ids.to_text(ancestry.row_at(access, position).id)
    return Index(commit, tree, len(tree), Origin(key, generation, epoch), 0)


def drop_all(connection: apsw.Connection, database: int) -> None:
    """Forget the indexes of a database, with their keys: what is left in nodes tells nothing then."""
    connection.execute(_DROP_ALL, (database,))


def drop_lost(connection: apsw.Connection, database: int) -> None:
    """Forget the indexes of commits that are no more."""
    connection.execute(_DROP_LOST, (database,))


class _Place(NamedTuple):
    """Where an index belongs: its database, and its commit's position."""

    database: int
    commit: int


class Saving:
    """One index on its way into the file, in slices of the writer's time.

    It ends without a row where it came too late: after a purge, which may have been of one of its values, when its
    commit or its database is gone, or where the index of a newer commit is saved. `saved` is the index as it can be
    read from the file, once the last slice is durable.
    """

    def __init__(self, of: IndexedProperty, index: Index) -> None:
        self.saved: Index | None = None
        self._of = of
        self._index = index
        self._nodes = index.entries.copying()
        self._last_position: int | None = None
        self._root: Ref | None = None
        self._is_written = index.size == 0

    def go_on(self, session: WriteSession) -> bool:
        """Do one slice; whether there is more to do."""
        place = self._place(session)
        if place is None:
            return False
        end_s = monotonic() + SLICE_S
        while not self._is_written:
            self._write_nodes(session, place.database)
            if monotonic() > end_s:
                break
        if self._is_written:
            self._put_row(session, place)
        return not self._is_written

    def _place(self, session: WriteSession) -> _Place | None:
        if purge_epoch(session.access) != self._index.origin.purge_epoch:
            return None
        try:
            database = databases.number_of(session.connection, self._of.database)
            commit = ancestry.position_of(session.access, database, self._index.commit)
        except NotFound:
            return None
        row: Any = session.connection.execute(_ROW, (database, *self._of[1:])).fetchone()
        return None if row is not None and row[0] > commit else _Place(database, commit)

    def _write_nodes(self, session: WriteSession, database: int) -> None:
        rows: list[tuple[int, bytes]] = []
        try:
            while len(rows) < _STEP_NODES:
                data = self._nodes.send(self._last_position)
                self._last_position = session.next_position("node", database)
                rows.append((self._last_position, data))
        except StopIteration as end:
            self._root, self._is_written = end.value, True
        session.connection.executemany(_PUT_NODE, rows)

    def _put_row(self, session: WriteSession, place: _Place) -> None:
        root, nodes = self._root, session.access.memory.nodes
        packed = None if root is None else contents.pack_ref(root)
        row = (place.database, *self._of[1:], place.commit, self._index.origin.key, packed)
        session.connection.execute(_PUT, row)
        tree = Tree.empty(nodes) if root is None else Tree.at(nodes, root)
        self.saved = self._index._replace(entries=tree, distance=0)
