"""Reading documents of a state."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from data_kernel.adapters.embedded import bodies, revisions
from data_kernel.adapters.embedded.access import Access
from data_kernel.adapters.embedded.bodies import Body
from data_kernel.adapters.embedded.contents import Content
from data_kernel.adapters.embedded.tree import Leaf
from data_kernel.application.ports import ScanQuery
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Change, Graph, StoredDocument
from shared.errors import Gone

BATCH_BYTES = 1_000_000
BATCH_ROWS = 1_000
STEP_ROWS = 5_000
_RUN_ROWS = 250
_SEPARATOR = b"\0"
_BEHIND_SEPARATOR = b"\1"

_Entry = tuple[bytes, Leaf]


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
    body = _body(access, content, graph, document_id)
    return None if body is None or body.is_tombstone else StoredDocument(document_id, body.type, body.content)


def get(
    access: Access, database: str, state: State, document_ids: Sequence[str], graph: Graph
) -> list[StoredDocument | None]:
    """The documents in the order asked; `None` for each that is not there, `Gone` where one was purged."""
    content = revisions.content(access, database, state)
    return [_find_or_gone(access, content, graph, document_id) for document_id in document_ids]


def _find_or_gone(access: Access, content: Content, graph: Graph, document_id: str) -> StoredDocument | None:
    body = _body(access, content, graph, document_id)
    if body is not None and body.is_tombstone:
        raise Gone(f"the document was purged; certificate {body.content.decode()}", field="id")
    return None if body is None else StoredDocument(document_id, body.type, body.content)


def _body(access: Access, content: Content, graph: Graph, document_id: str) -> Body | None:
    leaf = content.graph(graph).get(document_id.encode())
    return None if leaf is None else bodies.read(access, leaf.position)


def scan_page_of(access: Access, database: str, state: State, query: ScanQuery) -> Page:
    """One step of a listing of a state."""
    return scan_page(access, revisions.content(access, database, state), query)


def scan_page(access: Access, content: Content, query: ScanQuery) -> Page:
    """One step of a listing from `query.after_id`: at most about 1 MB of bodies, and bounded work whatever it finds."""
    entries = _entries(content, query)
    skipped, seen = 0, query.after_id
    if not _must_look(content, query):
        for key, _ in islice(entries, min(query.skip, STEP_ROWS)):
            skipped, seen = skipped + 1, key.decode()
        if skipped == STEP_ROWS:
            return Page([], skipped, skipped, seen)
    return _fill(access, entries, query, skipped, seen)


def _fill(access: Access, entries: Iterator[_Entry], query: ScanQuery, skipped: int, seen: str | None) -> Page:
    documents: list[StoredDocument] = []
    scanned, size_bytes = skipped, 0
    wanted = BATCH_ROWS if query.limit is None else min(BATCH_ROWS, query.limit)
    with closing(_with_bodies(access, entries, wanted)) as rows:
        while len(documents) < wanted and scanned < STEP_ROWS:
            row = next(rows, None)
            if row is None:
                return Page(documents, skipped, scanned, None)
            document_id, body = row
            if body.is_tombstone or (query.type_name is not None and body.type != query.type_name):
                pass
            elif skipped < query.skip:
                skipped += 1
            else:
                size_bytes += len(body.content)
                if documents and size_bytes > BATCH_BYTES:
                    break
                documents.append(StoredDocument(document_id, body.type, body.content))
            scanned, seen = scanned + 1, document_id
    return Page(documents, skipped, scanned, seen)


def _with_bodies(access: Access, entries: Iterator[_Entry], wanted: int) -> Generator[tuple[str, Body]]:
    while run := list(islice(entries, min(_RUN_ROWS, wanted))):
        with closing(bodies.read_many(access, [leaf.position for _, leaf in run])) as found:
            for (key, _), body in zip(run, found, strict=True):
                yield key.decode(), body


def _must_look(content: Content, query: ScanQuery) -> bool:
    """Whether only its body tells that a document is of the type."""
    if query.type_name is None:
        return False
    return query.graph is Graph.SCHEMA or next(iter(content.scattered.scan()), None) is not None


def _entries(content: Content, query: ScanQuery) -> Iterator[_Entry]:
    """Those that can be of the type, in order: ids that begin with it, and ids known to be of it."""
    after = b"" if query.after_id is None else query.after_id.encode() + _SEPARATOR  # the first key behind the id
    tree = content.graph(query.graph)
    if query.type_name is None or query.graph is Graph.SCHEMA:
        return tree.scan(after)
    type_name = query.type_name.encode()
    inside = tree.scan(max(after, type_name + b"/"), type_name + b"0")  # "0" follows "/"
    return merge(inside, _scattered(content, type_name, after))


def _scattered(content: Content, type_name: bytes, after: bytes) -> Iterator[_Entry]:
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
