"""What leads from one state to another, in work that grows with the changes between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from typing import NamedTuple

import apsw

from data_kernel.adapters.embedded import versions
from data_kernel.adapters.embedded.lines import Chain
from data_kernel.adapters.embedded.versions import BATCH_BYTES, BATCH_ROWS, GRAPH_NUMBERS, STEP_ROWS
from data_kernel.domain.documents import Change, Graph

# Up to so many changed rows their ids are sorted for every page; beyond, the line is read in order of id instead.
_SORTED_ROWS = 10_000

_COUNT = "SELECT count(*) FROM (SELECT 1 FROM document WHERE line = ? AND seq > ? AND seq <= ? LIMIT ?)"
_BY_SEQ = (
    "SELECT DISTINCT id FROM document INDEXED BY document_by_seq "
    "WHERE line = ? AND seq > ? AND seq <= ? AND graph = ? AND id > ? ORDER BY id"
)
_BY_ID = (
    "SELECT id FROM document WHERE line = ? AND graph = ? AND id > ? AND seq <= ? "
    "GROUP BY id HAVING max(seq) > ? ORDER BY id"
)


class Span(NamedTuple):
    """The commits of a line with sequences above `above`, up to `up_to`."""

    line: int
    above: int
    up_to: int


@dataclass(frozen=True, slots=True)
class DiffPage:
    """One step: changes, how many documents were compared, and where to go on (`None`: at the end)."""

    changes: list[Change]
    scanned: int
    resume_after: str | None


def page(connection: apsw.Connection, old: Chain, new: Chain, graph: Graph, after: str) -> DiffPage:
    """One step of a diff from the id `after`: at most about 1 MB of bodies, and bounded work whatever it finds."""
    changes: list[Change] = []
    scanned = size_bytes = 0
    seen = after
    for document_id in _candidates(connection, spans(old, new), graph, after):
        if len(changes) == BATCH_ROWS or scanned == STEP_ROWS:
            return DiffPage(changes, scanned, seen)
        change = _compare(connection, old, new, graph, document_id)
        if change is not None:
            size_bytes += len(change.before or b"") + len(change.after or b"")
            if changes and size_bytes > BATCH_BYTES:
                return DiffPage(changes, scanned, seen)
            changes.append(change)
        scanned += 1
        seen = document_id
    return DiffPage(changes, scanned, None)


def spans(old: Chain, new: Chain) -> list[Span]:
    """Where the two states can differ: on their own lines, and between their places on the first line they share.

    Below a shared line both see the same, for what a line stands on is the line's own.
    """
    places = dict(new)
    found: list[Span] = []
    shared: int | None = None
    for line, seq in old:
        if line in places:
            shared = line
            found.append(Span(line, *sorted((seq, places[line]))))
            break
        found.append(Span(line, 0, seq))
    for line, seq in new:
        if line == shared:
            break
        found.append(Span(line, 0, seq))
    return [span for span in found if span.above < span.up_to]


def _candidates(connection: apsw.Connection, parts: list[Span], graph: Graph, after: str) -> Iterator[str]:
    last = after
    for document_id in merge(*(_changed_ids(connection, span, GRAPH_NUMBERS[graph], after) for span in parts)):
        if document_id != last:
            last = document_id
            yield document_id


def _changed_ids(connection: apsw.Connection, span: Span, graph: int, after: str) -> Iterator[str]:
    rows = connection.execute(_COUNT, (*span, _SORTED_ROWS + 1)).get
    if rows <= _SORTED_ROWS:
        cursor = connection.execute(_BY_SEQ, (*span, graph, after))
    else:
        cursor = connection.execute(_BY_ID, (span.line, graph, after, span.up_to, span.above))
    return (document_id for (document_id,) in cursor)


def _compare(connection: apsw.Connection, old: Chain, new: Chain, graph: Graph, document_id: str) -> Change | None:
    before = versions.find(connection, old, graph, document_id)
    after = versions.find(connection, new, graph, document_id)
    present = after or before
    if present is None or (before is not None and after is not None and before.body == after.body):
        return None
    return Change(
        graph=graph,
        id=document_id,
        type=present.type,
        before=None if before is None else before.body,
        after=None if after is None else after.body,
    )
