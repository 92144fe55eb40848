"""Commits and their succession."""

from collections.abc import Iterator
from itertools import islice

from data_kernel.adapters.embedded.commits import ancestry, contents
from data_kernel.adapters.embedded.commits.ancestry import CommitRow
from data_kernel.adapters.embedded.documents import reads
from data_kernel.adapters.embedded.encoding import commit_ids, commit_records
from data_kernel.adapters.embedded.refs import databases, revisions
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.domain.commits import Commit, HistoryEntry
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Change, Graph
from shared.errors import InvalidInput


def find(access: Access, database: str, commit: str) -> Commit:
    """One commit of the database; `NotFound`."""
    number = databases.number_of(access.connection, database)
    return _to_commit(ancestry.row_at(access, ancestry.position_of(access, number, commit)))


def log(access: Access, database: str, state: State, after: str | None, limit: int) -> list[Commit]:
    """Commits by first parents, newest first; `InvalidInput` where `after` is not one of them."""
    return [_to_commit(row) for row in islice(_log_rows(access, database, state, after), limit)]


def of_document(
    access: Access, database: str, state: State, document_id: str, graph: Graph, after: str | None, limit: int
) -> list[HistoryEntry]:
    """The commits of the log that changed one document; `InvalidInput` where `after` is not one of the log."""
    changed = (
        HistoryEntry(_to_commit(row), change)
        for row in _log_rows(access, database, state, after)
        if (change := _change_in(access, row, graph, document_id)) is not None
    )
    return list(islice(changed, limit))


def merge_bases(access: Access, database: str, one: str, other: str) -> list[str]:
    """The best common ancestors of two commits of the database, newest first."""
    number = databases.number_of(access.connection, database)
    places = [ancestry.position_of(access, number, commit) for commit in (one, other)]
    found = ancestry.merge_bases(access, *places)
    return [commit_ids.to_text(ancestry.row_at(access, position).id) for position in found]


def _log_rows(access: Access, database: str, state: State, after: str | None) -> Iterator[CommitRow]:
    rows = ancestry.first_parents(access, revisions.locate(access, database, state))
    if after is None:
        return rows
    last = ancestry.position_of(access, databases.number_of(access.connection, database), after)
    for row in rows:
        if row.position == last:
            return rows
        if row.position < last:  # ancestors have lower positions
            break
    raise InvalidInput("the commit is not one of this log", field="after")


def _change_in(access: Access, row: CommitRow, graph: Graph, document_id: str) -> Change | None:
    key, parent = document_id.encode(), ancestry.first_parent(row)
    if parent is None and row.parents:
        return None  # what was before is cut off, so that nobody can tell what the commit changed
    if row.delta is not None and row.base == parent and key not in row.delta:
        return None
    old, new = (contents.of_commit(access, commit).graph(graph).get(key) for commit in (parent, row.position))
    if (old and old.digest) == (new and new.digest):
        return None
    change = reads.to_change(access, graph, document_id, old, new)
    return None if change.before == change.after else change


def _to_commit(row: CommitRow) -> Commit:
    return commit_records.to_commit(row.id, row.record)
