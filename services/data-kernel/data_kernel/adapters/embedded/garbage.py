"""Garbage collection: commits that nothing names any more, and the nodes and bodies that only they had.

What names a commit: a branch's head, a tag, a row of the outbox, a stream in progress, an entry of the ref log or the
commit's own time where it is younger than the age that is kept; and every descendant. A reader marks, the writer sweeps
in slices; what came between is not touched, for positions only grow.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import apsw

from data_kernel.adapters.embedded import ancestry, commit_ids, commit_records, contents, deltas, roots
from data_kernel.adapters.embedded.access import Access
from data_kernel.adapters.embedded.positions import end_of, first_of
from data_kernel.adapters.embedded.session import WriteSession
from data_kernel.adapters.embedded.tree import Tree

SLICE_ROWS = 500

_NAMED = (
    "SELECT head FROM branch WHERE database = ?1 AND head IS NOT NULL AND deleted_us IS NULL "
    "UNION SELECT head FROM tag WHERE database = ?1"
)
_MOVED = (
    "SELECT old_head, new_head FROM ref_update JOIN branch ON branch.number = ref_update.branch "
    "LEFT JOIN outbox ON outbox.branch = ref_update.branch AND outbox.number = ref_update.number "
    "WHERE branch.database = ? AND (time_us >= ? OR outbox.sequence IS NOT NULL)"
)
_COMMITS = "SELECT position, record FROM commit_record WHERE position > ? AND position < ? ORDER BY position"
_STORED = "SELECT 1 FROM root WHERE position = ?"
_ROWS = {
    table: f"SELECT position, length(bytes) FROM {table} WHERE position > ? AND position < ?"  # noqa: S608 - our tables
    for table in ("node", "body")
}
_NEWER = "SELECT base, parents FROM commit_record WHERE position > ? AND position < ?"


@dataclass(frozen=True, slots=True)
class Collected:
    """What was taken out, or with a dry run would be: rows by kind, and the bytes of nodes and bodies."""

    commits: int = 0
    nodes: int = 0
    versions: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Collected") -> "Collected":
        return Collected(
            self.commits + other.commits,
            self.nodes + other.nodes,
            self.versions + other.versions,
            self.size_bytes + other.size_bytes,
        )


class Rows(NamedTuple):
    """Rows of a table that nothing needs: their positions and bytes."""

    positions: list[int]
    size_bytes: int


@dataclass(slots=True)
class Marked:
    """What a database can do without, as one moment showed it; `last` is the newest commit of that moment."""

    database: int
    last: int
    commits: list[int] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    to_root: list[int] = field(default_factory=list)
    nodes: Rows = field(default_factory=lambda: Rows([], 0))
    bodies: Rows = field(default_factory=lambda: Rows([], 0))

    @property
    def collected(self) -> Collected:
        """What comes of it."""
        size_bytes = self.nodes.size_bytes + self.bodies.size_bytes
        return Collected(len(self.commits), len(self.nodes.positions), len(self.bodies.positions), size_bytes)


class _Live:
    """Nodes and bodies that states need, each looked at once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.nodes: set[int] = set()
        self.bodies: set[int] = set()

    def commit(self, position: int) -> None:
        """Those of a commit: of its roots, or of its delta; what the delta is added to is looked at by itself."""
        content = contents.stored(self._access, position)
        if content is None:
            for of_map in deltas.decode(ancestry.row_at(self._access, position).delta or b"")[:2]:
                self.bodies.update(leaf.position for _, leaf in of_map if leaf is not None)
            return
        for place, tree in enumerate(content[:4]):
            self._tree(tree, holds_documents=place < 2)  # noqa: PLR2004 - the others are indexes

    def _tree(self, tree: Tree, *, holds_documents: bool) -> None:
        waiting = [] if tree.ref is None else [tree.ref.position]
        while waiting:
            position = waiting.pop()
            if position in self.nodes:
                continue
            self.nodes.add(position)
            node = self._access.memory.nodes.load(position)
            children = [child for child in node.children if isinstance(child, int)]
            if node.level:
                waiting += children
            elif holds_documents:
                self.bodies.update(children)


def mark(access: Access, database: int, since_us: int, leased: Collection[str]) -> Marked:
    """Find what the database can do without; what is from `since_us` on (microseconds since 1970) stays."""
    bounds = (first_of(database), end_of(database))
    commits: list[Any] = access.connection.execute(_COMMITS, bounds).fetchall()
    if not commits:
        return Marked(database, first_of(database))
    # The newest commit stays whatever it is: the next one's position follows from it.
    named = {commits[-1][0], *(position for position, record in commits if commit_records.time_us(record) >= since_us)}
    named.update(_named(access, database, since_us, leased))
    kept = _with_ancestors(access, named)
    marked = Marked(database, commits[-1][0])
    live = _Live(access)
    for position in _read_through(access, kept):
        live.commit(position)
        if position not in kept:
            continue
        base = ancestry.row_at(access, position).base
        if base is not None and base not in kept and not _is_stored(access, position):
            marked.to_root.append(position)
    marked.commits = [position for position, _ in commits if position not in kept]
    marked.ids = [ancestry.row_at(access, position).id for position in marked.commits]
    marked.nodes, marked.bodies = (
        _without(access, table, bounds, needed) for table, needed in (("node", live.nodes), ("body", live.bodies))
    )
    return marked


def drop_commits(session: WriteSession, marked: Marked, leased: Collection[str]) -> bool:
    """Take the commits out, so that nobody can name them any more; false where somebody has named one since.

    Between two groups, in a transaction of its own: what a group has in memory may have its nodes where only a commit
    has them that goes. For the same reason states are forgotten before. A kept commit whose state is read through one
    that goes gets roots of its own.
    """
    if set(marked.commits) & _named_since(session.access, marked, leased):
        return False
    session.access.memory.forget_states()
    try:
        with session.connection:
            _drop(session, marked)
            session.save()
    except apsw.Error:
        session.forget()
        raise
    session.published()
    return True


def _drop(session: WriteSession, marked: Marked) -> None:
    for position in marked.to_root:
        roots.part_from_base(session, position)
    connection = session.connection
    connection.executemany("DELETE FROM commit_index WHERE id = ?", [(commit,) for commit in marked.ids])
    for table in ("root", "commit_record"):
        statement = f"DELETE FROM {table} WHERE position = ?"  # noqa: S608 - our tables
        connection.executemany(statement, [(position,) for position in marked.commits])
    session.forget_commits(marked.ids)


def sweep(session: WriteSession, table: str, positions: Iterable[int]) -> None:
    """Delete rows of `node` or `body`."""
    statement = f"DELETE FROM {table} WHERE position = ?"  # noqa: S608 - our tables
    session.connection.executemany(statement, [(position,) for position in positions])
    session.reclaims_space = True


def slices(positions: list[int]) -> Iterator[list[int]]:
    """The positions in parts that hold the writer only shortly."""
    for start in range(0, len(positions), SLICE_ROWS):
        yield positions[start : start + SLICE_ROWS]


def _named(access: Access, database: int, since_us: int, leased: Collection[str]) -> Iterator[int]:
    for (head,) in access.connection.execute(_NAMED, (database,)):
        yield head
    ids = {each for row in access.connection.execute(_MOVED, (database, since_us)) for each in row if each is not None}
    ids.update(commit_ids.from_text(commit) for commit in leased)
    for commit in ids:
        position = access.memory.commits.find(access.connection, commit)
        if position is not None and first_of(database) < position < end_of(database):
            yield position


def _named_since(access: Access, marked: Marked, leased: Collection[str]) -> set[int]:
    """Whatever branches, tags, streams, fresh entries of the ref log and commits after the marking name."""
    named = set(_named(access, marked.database, _after_all(access), leased))
    for base, parents in access.connection.execute(_NEWER, (marked.last, end_of(marked.database))):
        named.update((base, *ancestry.unpack_parents(parents)))
    return named


def _after_all(access: Access) -> int:
    """A time after every entry of the ref log, so that of the log only what is to be announced counts."""
    newest: int = access.connection.execute("SELECT last_us FROM meta").get
    return newest + 1


def _with_ancestors(access: Access, named: set[int]) -> set[int]:
    kept: set[int] = set()
    waiting = list(named)
    while waiting:
        position = waiting.pop()
        if position not in kept:
            kept.add(position)
            waiting += ancestry.parents_of(ancestry.row_at(access, position))
    return kept


def _read_through(access: Access, kept: set[int]) -> Iterator[int]:
    """The kept commits, and those that their states are read through."""
    seen: set[int] = set()
    for position in sorted(kept):
        at: int | None = position
        while at is not None and at not in seen:
            seen.add(at)
            yield at
            at = None if _is_stored(access, at) else ancestry.row_at(access, at).base


def _is_stored(access: Access, position: int) -> bool:
    return access.connection.execute(_STORED, (position,)).get is not None


def _without(access: Access, table: str, bounds: tuple[int, int], needed: set[int]) -> Rows:
    positions, size_bytes = [], 0
    for position, size in access.connection.execute(_ROWS[table], bounds):
        if position not in needed:
            positions.append(position)
            size_bytes += size
    return Rows(positions, size_bytes)
