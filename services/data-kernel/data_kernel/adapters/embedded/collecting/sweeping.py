"""Nodes and versions that no commit reaches: finding them beside the writer, deleting them in its slices."""

from collections.abc import Collection, Sequence
from time import monotonic
from typing import Any, NamedTuple

from data_kernel.adapters.embedded.commits import contents
from data_kernel.adapters.embedded.documents import saved_indexes
from data_kernel.adapters.embedded.encoding import deltas
from data_kernel.adapters.embedded.encoding.positions import database_of, end_of, first_of
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.adapters.embedded.threads.writer import SLICE_S
from data_kernel.adapters.embedded.tree import Node, Ref

_STEP_ROWS = 256
_STEP_PAGES = 64
_DOCUMENTS = 2  # the first two maps name versions

_ROOTS = "SELECT position, instance, schema, referrer, scattered FROM root WHERE position > ? AND position < ?"
_DELTAS = "SELECT position, delta FROM commit_record WHERE position > ? AND position < ? AND delta IS NOT NULL"
_NODE = "SELECT bytes FROM node WHERE position = ?"
_SPARE_KEYS = (
    "SELECT graph, id FROM document_key WHERE database = ? "
    "AND key NOT IN (SELECT substr(bytes, 2, 16) FROM body WHERE position > ? AND position < ?)"
)
_DROP_KEY = "DELETE FROM document_key WHERE database = ? AND graph = ? AND id = ?"


class Garbage(NamedTuple):
    """Positions in order, and the bytes of all the rows."""

    nodes: list[int]
    versions: list[int]
    size_bytes: int


class _Marks:
    def __init__(self, access: Access) -> None:
        self._connection = access.connection
        self.nodes: set[int] = set()
        self.versions: set[int] = set()

    def tree(self, ref: Ref, *, holds_documents: bool) -> None:
        # Read past the cache, from which this would drive out what is in use.
        waiting = [ref.position]
        while waiting:
            position = waiting.pop()
            if position in self.nodes:
                continue
            self.nodes.add(position)
            node = Node.decode(self._connection.execute(_NODE, (position,)).get)
            below = [child for child in node.children if isinstance(child, int)]
            if node.level:
                waiting += below
            elif holds_documents:
                self.versions.update(below)


def find(access: Access, database: int, dead: Collection[int] = ()) -> Garbage:
    """What no commit reaches but the dead."""
    bounds = (first_of(database), end_of(database))
    marks = _Marks(access)
    roots: list[Any] = access.connection.execute(_ROOTS, bounds).fetchall()
    for commit, *refs in roots:
        if commit not in dead:
            for place, ref in enumerate(refs):
                if ref is not None:
                    marks.tree(contents.unpack_ref(ref), holds_documents=place < _DOCUMENTS)
    for index in saved_indexes.rows_of(access.connection, database):
        if index.root is not None and index.commit not in dead:
            marks.tree(index.root, holds_documents=False)
    for commit, delta in access.connection.execute(_DELTAS, bounds):
        if commit not in dead:
            for of_map in deltas.decode(delta)[:_DOCUMENTS]:
                marks.versions.update(leaf.position for _, leaf in of_map if leaf is not None)
    nodes, node_bytes = _unmarked(access, "node", bounds, marks.nodes)
    versions, version_bytes = _unmarked(access, "body", bounds, marks.versions)
    return Garbage(nodes, versions, node_bytes + version_bytes)


def _unmarked(access: Access, table: str, bounds: tuple[int, int], marked: set[int]) -> tuple[list[int], int]:
    rows: Any = access.connection.execute(
        f"SELECT position, length(bytes) FROM {table} WHERE position > ? AND position < ? ORDER BY position",  # noqa: S608 - our names
        bounds,
    )
    found = [(position, size) for position, size in rows if position not in marked]
    return [position for position, _ in found], sum(size for _, size in found)


def sweep(session: WriteSession, table: str, positions: list[int]) -> list[int]:
    """Delete the first of the rows; returns the others."""
    session.hold_positions(database_of(positions[0]))
    statement = f"DELETE FROM {table} WHERE position = ?"  # noqa: S608 - our names
    done = _in_slice(session, statement, [(position,) for position in positions])
    return positions[done:]


def find_keys(access: Access, database: int) -> list[tuple[int, str]]:
    """Graph and id of the keys of which no version is left: the next version of such a document begins with another."""
    bounds = (database, first_of(database), end_of(database))
    found: Any = access.connection.execute(_SPARE_KEYS, bounds).fetchall()
    return list(found)


def sweep_keys(session: WriteSession, database: int, keys: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Delete the first of the keys; returns the others."""
    done = _in_slice(session, _DROP_KEY, [(database, *place) for place in keys])
    return keys[done:]


def _in_slice(session: WriteSession, statement: str, rows: Sequence[tuple[int | str, ...]]) -> int:
    """Run the statement for the first of the rows, as many as a slice has time for, and tell how many."""
    end_s = monotonic() + SLICE_S
    done = 0
    while done < len(rows):
        step = rows[done : done + _STEP_ROWS]
        session.connection.executemany(statement, step)
        done += len(step)
        if monotonic() > end_s:
            break
    return done


def give_back(session: WriteSession) -> bool:
    """Give some of the file's free pages back; whether there are more."""
    end_s = monotonic() + SLICE_S
    while free := session.connection.execute("PRAGMA freelist_count").get:
        session.connection.execute(f"PRAGMA incremental_vacuum({_STEP_PAGES})").fetchall()
        if session.connection.execute("PRAGMA freelist_count").get >= free:
            return False
        if monotonic() > end_s:
            return True
    return False
