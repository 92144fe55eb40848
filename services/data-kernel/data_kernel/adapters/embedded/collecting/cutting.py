"""Taking dead commits out, in the writer's thread and in slices that keep no other change waiting for long."""

from time import monotonic
from typing import Any

import apsw

from data_kernel.adapters.embedded.collecting.survey import Survey
from data_kernel.adapters.embedded.commits import ancestry, commits, contents
from data_kernel.adapters.embedded.documents import saved_indexes
from data_kernel.adapters.embedded.encoding.positions import end_of
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.adapters.embedded.threads.writer import SLICE_S

_STEP_ROWS = 64

_HEADS = "SELECT number, head, ref_number FROM branch WHERE database = ?"
_TAGS = "SELECT head FROM tag WHERE database = ?"
_REF_UPDATES = "SELECT old_head, new_head FROM ref_update WHERE branch = ? AND number > ?"
_NEW = "SELECT position, base, parents FROM commit_record WHERE position > ? AND position < ?"
_ID = "SELECT id FROM commit_record WHERE position = ?"
_SIZE = (
    "SELECT length(id) + length(parents) + length(record) + coalesce(length(delta), 0) "
    "FROM commit_record WHERE position = ?"
)
_CUT = "UPDATE commit_record SET base = ?, parents = ?, delta = ? WHERE position = ?"


def cut_edges(session: WriteSession, survey: Survey, edges: list[int]) -> list[int]:
    """Let the first of the edges stand without the dead: roots of their own, no dead parents; returns the others."""
    session.hold_positions(survey.database)
    end_s = monotonic() + SLICE_S
    done = 0
    for position in edges:
        row = ancestry.row_at(session.access, position)
        base, delta = row.base, row.delta
        if base in survey.dead:
            if delta is not None:
                content = contents.of_commit(session.access, position)
                commits.store_roots(session, survey.database, position, content)
            base, delta = None, None
        parents = ancestry.without(row.parents, survey.dead)
        session.connection.execute(_CUT, (base, parents, delta, position))
        done += 1
        if monotonic() > end_s:
            break
    return edges[done:]


def delete(session: WriteSession, survey: Survey, leased: list[bytes]) -> tuple[int, int]:
    """Delete the last of those waiting; returns how many were deleted, and their bytes.

    What somebody has begun to need since the survey is not dead any more, nor is what that was made from: this is all
    there still, for those that are deleted come after it.
    """
    session.hold_positions(survey.database)
    _revive(session, survey, leased)
    end_s = monotonic() + SLICE_S
    deleted = freed_bytes = 0
    while survey.waiting:
        step = [position for position in survey.waiting[-_STEP_ROWS:] if position in survey.dead]
        del survey.waiting[-_STEP_ROWS:]
        survey.dead.difference_update(step)
        freed_bytes += _delete(session, step)
        deleted += len(step)
        if monotonic() > end_s:
            break
    saved_indexes.drop_lost(session.connection, survey.database)
    return deleted, freed_bytes


def _delete(session: WriteSession, positions: list[int]) -> int:
    connection = session.connection
    freed_bytes = 0
    for position in positions:
        commit: bytes | None = connection.execute(_ID, (position,)).get
        if commit is None:  # the whole database was deleted meanwhile
            continue
        freed_bytes += size_bytes(connection, position)
        connection.execute("DELETE FROM commit_index WHERE id = ?", (commit,))
        session.access.pending.collected[position] = commit
    for table in ("root", "commit_record"):
        connection.executemany(f"DELETE FROM {table} WHERE position = ?", [(at,) for at in positions])  # noqa: S608 - our names
    return freed_bytes


def size_bytes(connection: apsw.Connection, commit: int) -> int:
    """Bytes of a commit's row."""
    size: int = connection.execute(_SIZE, (commit,)).get
    return size


def _revive(session: WriteSession, survey: Survey, leased: list[bytes]) -> None:
    needed = _needed_since(session, survey, leased)
    while needed:
        position = needed.pop()
        if position in survey.dead:
            survey.dead.discard(position)
            needed += survey.made_from[position]


def _needed_since(session: WriteSession, survey: Survey, leased: list[bytes]) -> list[int]:
    connection, database = session.connection, survey.database
    needed: list[int] = [head for (head,) in connection.execute(_TAGS, (database,))]
    named = set(leased)
    heads: list[Any] = connection.execute(_HEADS, (database,)).fetchall()
    for number, head, ref_number in heads:
        needed.append(head)
        known = survey.ref_numbers.get(number, 0)
        survey.ref_numbers[number] = ref_number
        if ref_number > known:
            named.update(each for pair in connection.execute(_REF_UPDATES, (number, known)) for each in pair if each)
    for position, base, parents in connection.execute(_NEW, (survey.newest, end_of(database))):
        needed += [base, *ancestry.unpack_parents(parents)]
        survey.newest = max(survey.newest, position)
    found = (session.access.memory.commits.find(connection, commit) for commit in named)
    return [*needed, *(position for position in found if position is not None)]
