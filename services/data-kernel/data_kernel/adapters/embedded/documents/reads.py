"""Reading documents of a state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain

from data_kernel.adapters.embedded.commits.contents import Content
from data_kernel.adapters.embedded.documents import bodies
from data_kernel.adapters.embedded.refs import revisions
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.tree import Leaf
from data_kernel.application.ports import ScanQuery
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Change, Graph, StoredDocument
from shared.errors import Gone

BATCH_BYTES = 1_000_000
BATCH_ROWS = 1_000
STEP_ROWS = 5_000
_RUN_ROWS = 500
_FIRST_RUN = 32
_SEPARATOR = b"\0"
_BEHIND_SEPARATOR = b"\1"

_Run = tuple[list[bytes], list[int]]
"""Entries that follow one another: keys, and positions of the bodies."""


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a listing: documents, how many were skipped and looked at, where to go on (`None`: the end)."""

    documents: list[StoredDocument]
    skipped: int
    scanned: int
    resume_after: str | None


@dataclass(frozen=True, slots=True)
class DiffPage:
    """One step: changes, how many documents were compared, and where to go on (`None`: at the end)."""

    changes: list[Change]
    scanned: int
    resume_after: str | None


def find(access: Access, content: Content, graph: Graph, document_id: str) -> StoredDocument | None:
    """The document, or `None`, also where it was purged."""
    leaf = content.graph(graph).get(document_id.encode())
    return None if leaf is None else bodies.document(document_id, bodies.row_at(access, leaf.position))


def get(
    access: Access, database: str, state: State, document_ids: Sequence[str], graph: Graph
) -> list[StoredDocument | None]:
    """The documents in the order asked; `None` for each that is not there, `Gone` where one was purged."""
    content = revisions.content(access, database, state)
    return [_find_or_gone(access, content, graph, document_id) for document_id in document_ids]


def _find_or_gone(access: Access, content: Content, graph: Graph, document_id: str) -> StoredDocument | None:
    leaf = content.graph(graph).get(document_id.encode())
    if leaf is None:
        return None
    row = bodies.row_at(access, leaf.position)
    document = bodies.document(document_id, row)
    if document is None:
        raise Gone(f"the document was purged; certificate {bodies.decode(row).content.decode()}", field="id")
    return document


def scan_page_of(access: Access, database: str, state: State, query: ScanQuery) -> Page:
    """One step of a listing of a state."""
    return scan_page(access, revisions.content(access, database, state), query)


def scan_page(access: Access, content: Content, query: ScanQuery) -> Page:
    """One step of a listing from `query.after_id`: at most about 1 MB of bodies, and bounded work whatever it finds."""
    runs = _runs(content, query)
    skipped, seen = 0, query.after_id
    if query.skip and not _must_look(content, query):
        runs, skipped, seen = _skip(runs, min(query.skip, STEP_ROWS), seen)
    return _Filling(access, query, skipped, seen).fill(runs)


class _Filling:
    """A page while it is being filled."""

    def __init__(self, access: Access, query: ScanQuery, skipped: int, seen: str | None) -> None:
        self._access = access
        self._query = query
        self._wanted = BATCH_ROWS if query.limit is None else min(BATCH_ROWS, query.limit)
        self._documents: list[StoredDocument] = []
        self._size_bytes = 0
        self._skipped = self._scanned = skipped
        self._seen = seen

    def fill(self, runs: Iterator[_Run]) -> Page:
        """The page; what it begins with are entries that are in order and can be of the type."""
        for keys, positions in _gathered(runs, min(self._wanted, _RUN_ROWS)):
            at = 0
            while at < len(keys):
                if self._is_full:
                    return self._page(self._seen)
                end = at + self._run_rows
                rows = bodies.read_rows(self._access, positions[at:end])
                if not self._take(keys[at:end], rows):
                    return self._page(self._seen)
                at = end
        return self._page(None)

    @property
    def _is_full(self) -> bool:
        return len(self._documents) >= self._wanted or self._scanned >= STEP_ROWS

    @property
    def _run_rows(self) -> int:
        """How many bodies to read at once: many small ones, few large ones, no more than are wanted."""
        mean_bytes = self._size_bytes // len(self._documents) if self._documents else BATCH_BYTES // _FIRST_RUN
        rest_bytes = BATCH_BYTES - self._size_bytes
        return max(1, min(self._wanted - len(self._documents), rest_bytes // max(1, mean_bytes), _RUN_ROWS))

    def _take(self, keys: list[bytes], rows: Sequence[bytes]) -> bool:
        """Take what belongs to the listing; false where the page is full before the end."""
        query = self._query
        for key, row in zip(keys, rows, strict=True):
            document_id = key.decode()
            document = bodies.document(document_id, row)
            if document is None or (query.type_name is not None and document.type != query.type_name):
                pass
            elif self._skipped < query.skip:
                self._skipped += 1
            else:
                self._size_bytes += len(document.body)
                if self._documents and self._size_bytes > BATCH_BYTES:
                    return False
                self._documents.append(document)
            self._scanned += 1
            self._seen = document_id
        return True

    def _page(self, resume_after: str | None) -> Page:
        return Page(self._documents, self._skipped, self._scanned, resume_after)


def _gathered(runs: Iterator[_Run], size: int) -> Iterator[_Run]:
    """The same entries in runs of about `size`, for each run of bodies is a statement."""
    keys: list[bytes] = []
    positions: list[int] = []
    for some_keys, some_positions in runs:
        keys += some_keys
        positions += some_positions
        if len(keys) >= size:
            yield keys, positions
            keys, positions = [], []
    if keys:
        yield keys, positions


def _skip(runs: Iterator[_Run], count: int, seen: str | None) -> tuple[Iterator[_Run], int, str | None]:
    """Pass over so many entries: the rest, how many there were, and the last of them."""
    skipped = 0
    for keys, positions in runs:
        rest = count - skipped
        if len(keys) > rest:
            seen = keys[rest - 1].decode() if rest else seen
            return chain([(keys[rest:], positions[rest:])], runs), count, seen
        skipped += len(keys)
        seen = keys[-1].decode()
    return iter(()), skipped, seen


def _must_look(content: Content, query: ScanQuery) -> bool:
    """Whether only its body tells that a document is of the type."""
    return query.type_name is not None and (query.graph is Graph.SCHEMA or not content.scattered.is_empty)


def _runs(content: Content, query: ScanQuery) -> Iterator[_Run]:
    """Those that can be of the type, in order: ids that begin with it, and ids known to be of it."""
    after = b"" if query.after_id is None else query.after_id.encode() + _SEPARATOR  # the first key behind the id
    tree = content.graph(query.graph)
    if query.type_name is None or query.graph is Graph.SCHEMA:
        return tree.runs(after)
    type_name = query.type_name.encode()
    start, end = max(after, type_name + b"/"), type_name + b"0"  # "0" follows "/"
    if content.scattered.is_empty:
        return tree.runs(start, end)
    entries = merge(tree.scan(start, end), _scattered(content, type_name, after))
    return (([key], [leaf.position]) for key, leaf in entries)


def _scattered(content: Content, type_name: bytes, after: bytes) -> Iterator[tuple[bytes, Leaf]]:
    start = type_name + _SEPARATOR
    for key, _ in content.scattered.scan(start + after, type_name + _BEHIND_SEPARATOR):
        document_id = key[len(start) :]
        leaf = content.instance.get(document_id)
        if leaf is not None:
            yield document_id, leaf


def referrers(content: Content, document_id: str) -> Iterator[str]:
    """Ids of the documents that refer to this one, in order."""
    start = document_id.encode() + _SEPARATOR
    for key, _ in content.referrer.scan(start, document_id.encode() + _BEHIND_SEPARATOR):
        yield key[len(start) :].decode()


def referrers_of(access: Access, database: str, state: State, document_id: str) -> list[str]:
    """Ids of the documents of a state that refer to this one, in order."""
    return list(referrers(revisions.content(access, database, state), document_id))


def diff_page(access: Access, database: str, old: State, new: State, graph: Graph, after: str) -> DiffPage:
    """One step of a diff from the id `after`: at most about 1 MB of bodies, and bounded work whatever it finds."""
    before = revisions.content(access, database, old).graph(graph)
    now = revisions.content(access, database, new).graph(graph)
    changes: list[Change] = []
    scanned = size_bytes = 0
    seen = after
    for key, old_leaf, new_leaf in before.diff(now, after.encode() + _SEPARATOR if after else b""):
        if len(changes) == BATCH_ROWS or scanned == STEP_ROWS:
            return DiffPage(changes, scanned, seen)
        change = to_change(access, graph, key.decode(), old_leaf, new_leaf)
        size_bytes += len(change.before or b"") + len(change.after or b"")
        if changes and size_bytes > BATCH_BYTES:
            return DiffPage(changes, scanned, seen)
        if change.before != change.after:
            changes.append(change)
        scanned, seen = scanned + 1, change.id
    return DiffPage(changes, scanned, None)


def to_change(access: Access, graph: Graph, document_id: str, old: Leaf | None, new: Leaf | None) -> Change:
    """What happened to a document between two leaves; one that was purged is told like one that is not there."""
    before, after = (
        None if leaf is None or (body := bodies.read(access, leaf.position)).is_tombstone else body
        for leaf in (old, new)
    )
    present = after or before
    return Change(
        graph=graph,
        id=document_id,
        type="" if present is None else present.type,
        before=None if before is None else before.content,
        after=None if after is None else after.content,
    )
