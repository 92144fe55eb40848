"""Which commits of a database are needed, found in one transaction of a reader."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from data_kernel.adapters.embedded.commits import ancestry
from data_kernel.adapters.embedded.encoding import commit_records
from data_kernel.adapters.embedded.encoding.positions import end_of, first_of
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.domain.retention import US, Retention

_COMMITS = (
    "SELECT position, id, base, parents, substr(record, 1, 8) FROM commit_record WHERE position > ? AND position < ?"
)
_RECORD = "SELECT record FROM commit_record WHERE position = ?"
_BRANCHES = "SELECT number, name, head, ref_number FROM branch WHERE database = ?"
_TAGS = "SELECT head FROM tag WHERE database = ?"
_REF_UPDATES = (
    "SELECT old_head, new_head, time_us, outbox.sequence FROM ref_update LEFT JOIN outbox USING (branch, number) "
    "WHERE ref_update.branch = ?"
)


@dataclass(slots=True)
class Survey:
    """What was found; all are positions of commits.

    `dead`: needed by nothing, and `waiting` has them in order. `edges`: needed, and made from a dead one or after it.
    `made_from` has the parents and bases of the dead. `newest` is the last commit looked at, `ref_numbers` how far the
    ref log of each branch was. Cutting goes on with all of it from slice to slice.
    """

    database: int
    dead: set[int]
    waiting: list[int]
    edges: list[int]
    made_from: dict[int, list[int]]
    newest: int
    ref_numbers: dict[int, int]


class _Commits:
    def __init__(self, access: Access, database: int) -> None:
        self._access = access
        self.parents: dict[int, bytes] = {}
        self.bases: dict[int, int | None] = {}
        self.times: dict[int, int] = {}
        self.positions: dict[bytes, int] = {}
        for at, commit, base, parents, time in access.connection.execute(
            _COMMITS, (first_of(database), end_of(database))
        ):
            self.parents[at], self.bases[at], self.positions[commit] = parents, base, at
            self.times[at] = commit_records.time_us(time)

    def branch_of(self, position: int) -> str:
        record: bytes = self._access.connection.execute(_RECORD, (position,)).get
        return commit_records.decode(record).texts[0]

    def made_from(self, position: int) -> list[int]:
        base = self.bases[position]
        return [*ancestry.unpack_parents(self.parents[position]), *([] if base is None else [base])]


def survey(access: Access, database: int, retention: Retention, now_us: int, leased: Collection[bytes]) -> Survey:
    """Find what is dead."""
    commits = _Commits(access, database)
    branches: list[Any] = access.connection.execute(_BRANCHES, (database,)).fetchall()
    roots = [*_refs(access, commits, branches, retention, now_us), *_others(access, commits, database, leased)]
    roots += [(branch, at) for branch, at in _young(commits, retention, now_us)]
    live = _reached(commits, {(retention.history_from_us(branch, now_us), at) for branch, at in roots})
    dead = commits.parents.keys() - live
    return Survey(
        database=database,
        dead=set(dead),
        waiting=sorted(dead),
        edges=sorted(at for at in live if any(source in dead for source in commits.made_from(at))),
        made_from={at: commits.made_from(at) for at in dead},
        newest=max(commits.parents, default=first_of(database)),
        ref_numbers={number: ref_number for number, _, _, ref_number in branches},
    )


def _refs(
    access: Access, commits: _Commits, branches: list[Any], retention: Retention, now_us: int
) -> Iterator[tuple[str, int]]:
    for number, name, head, _ in branches:
        if head is not None:
            yield name, head
        young_from_us = retention.young_from_us(name, now_us)
        for old, new, time_us, sequence in access.connection.execute(_REF_UPDATES, (number,)):
            if time_us > young_from_us or sequence is not None:
                yield from ((name, commits.positions[head]) for head in (old, new) if head in commits.positions)


def _others(access: Access, commits: _Commits, database: int, leased: Collection[bytes]) -> Iterator[tuple[str, int]]:
    for (head,) in access.connection.execute(_TAGS, (database,)):
        yield commits.branch_of(head), head
    for commit in leased:
        position = commits.positions.get(commit)
        if position is not None:
            yield commits.branch_of(position), position


def _young(commits: _Commits, retention: Retention, now_us: int) -> Iterator[tuple[str, int]]:
    from_us = now_us - retention.unattached // US
    for position, time_us in commits.times.items():
        if time_us > from_us:
            branch = commits.branch_of(position)
            if time_us > retention.young_from_us(branch, now_us):
                yield branch, position


def _reached(commits: _Commits, roots: Collection[tuple[int, int]]) -> set[int]:
    """The roots, and those of their ancestors that are not older than each root's time says."""
    live: set[int] = set()
    # The farthest reaching first: what one of them has reached needs no second visit by one that reaches less far.
    for from_us, root in sorted(roots):
        waiting = [root]
        while waiting:
            position = waiting.pop()
            if position not in live:
                live.add(position)
                parents = ancestry.unpack_parents(commits.parents[position])
                waiting += [parent for parent in parents if commits.times[parent] >= from_us]
    return live
