"""Commits by position, and who descends from whom."""

import heapq
from collections.abc import Collection, Iterator
from typing import NamedTuple

from data_kernel.adapters.embedded.encoding import commit_ids
from data_kernel.adapters.embedded.encoding.positions import database_of
from data_kernel.adapters.embedded.threads.access import Access

_ROW = "SELECT position, id, base, parents, record, delta FROM commit_record WHERE position = ?"
_POSITION_BYTES = 8

_ONE, _OTHER, _BEYOND = 1, 2, 4


class CommitRow(NamedTuple):
    """A row of the table, in its order; `base`: the commit that `delta` applies to, `parents`: packed positions."""

    position: int
    id: bytes
    base: int | None
    parents: bytes
    record: bytes
    delta: bytes | None


def row_at(access: Access, position: int) -> CommitRow:
    """The commit at a position; `NotFound` where it is no more."""
    row = access.pending.rows.get(position)
    if row is None:
        found = access.connection.execute(_ROW, (position,)).fetchone()
        if found is None:
            raise commit_ids.unknown()
        row = CommitRow(*found)
    return row


def position_of(access: Access, database: int, commit: str) -> int:
    """Where the commit is; `NotFound` unless it belongs to the database."""
    key = commit_ids.from_text(commit)
    position = access.pending.commits.get(key) or access.memory.commits.find(access.connection, key)
    if position is None or database_of(position) != database or position in access.pending.collected:
        raise commit_ids.unknown()
    return position


def pack_parents(parents: tuple[int, ...]) -> bytes:
    """Positions as the row has them."""
    return b"".join([parent.to_bytes(_POSITION_BYTES) for parent in parents])


def parents_of(row: CommitRow) -> list[int]:
    """The parents' positions, in the record's order, without those beyond the horizon."""
    return unpack_parents(row.parents)


def first_parent(row: CommitRow) -> int | None:
    """The first parent's position; `None` where there is none, or where it was cut off."""
    return int.from_bytes(row.parents[:_POSITION_BYTES]) or None


def unpack_parents(packed: bytes) -> list[int]:
    """Positions from a row, without those that were cut off."""
    return [position for position in unpack_all_parents(packed) if position]


def unpack_all_parents(packed: bytes) -> list[int]:
    """Positions from a row, 0 for each that was cut off."""
    return [int.from_bytes(packed[at : at + _POSITION_BYTES]) for at in range(0, len(packed), _POSITION_BYTES)]


def without(packed: bytes, gone: Collection[int]) -> bytes:
    """The packed positions with those cut off that are gone."""
    return pack_parents(tuple(0 if position in gone else position for position in unpack_all_parents(packed)))


def first_parents(access: Access, position: int | None) -> Iterator[CommitRow]:
    """The commit and its ancestors by first parents, newest first."""
    while position is not None:
        row = row_at(access, position)
        yield row
        position = first_parent(row)


def merge_bases(access: Access, one: int, other: int) -> list[int]:
    """The best common ancestors, newest first.

    A parent's position is below its child's. So, taking the highest position each time, every way to a commit has been
    followed before the commit's turn comes, and what lies beyond a common ancestor is known by then.
    """
    marks = {one: _ONE}
    marks[other] = marks.get(other, 0) | _OTHER
    waiting = [-position for position in marks]
    heapq.heapify(waiting)
    open_ends = set(marks)  # of those waiting: not beyond a common ancestor
    found = []
    while open_ends:
        position = -heapq.heappop(waiting)
        open_ends.discard(position)
        mark = marks.pop(position)
        if mark == _ONE | _OTHER:
            found.append(position)
            mark |= _BEYOND
        for parent in parents_of(row_at(access, position)):
            if parent not in marks:
                heapq.heappush(waiting, -parent)
            marks[parent] = marks.get(parent, 0) | mark
            if marks[parent] & _BEYOND:
                open_ends.discard(parent)
            else:
                open_ends.add(parent)
    return found
