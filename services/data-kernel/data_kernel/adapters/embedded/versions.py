"""Reading documents of a state from their versions."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge

import apsw

from data_kernel.adapters.embedded.lines import Chain, Layer
from data_kernel.application.ports import ScanQuery
from data_kernel.domain.documents import Graph, StoredDocument

BATCH_BYTES = 1_000_000
BATCH_ROWS = 1_000
STEP_ROWS = 5_000

GRAPH_NUMBERS = {Graph.INSTANCE: 0, Graph.SCHEMA: 1}

_GET = "SELECT type, body FROM document WHERE line = ? AND graph = ? AND id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1"

# The other columns of a max() query are those of the row that has the maximum (SQLite, "Bare columns in an aggregate
# query"). The table's key is in this very order, so that nothing is sorted and only the newest body is copied.
_VISIBLE = (
    "SELECT id, type, body, max(seq) FROM document "
    "WHERE line = ? AND graph = ? AND id > ? AND id >= ? AND id < ? AND seq <= ? GROUP BY id ORDER BY id"
)
_NO_END = b""  # any blob is greater than any text

_Row = tuple[str, str, bytes | None]


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a listing: documents, how many were skipped and looked at, where to go on (`None`: the end)."""

    documents: list[StoredDocument]
    skipped: int
    scanned: int
    resume_after: str | None


def find(connection: apsw.Connection, chain: Chain, graph: Graph, document_id: str) -> StoredDocument | None:
    """The document in that state, or `None`."""
    number = GRAPH_NUMBERS[graph]
    for line, seq in chain:
        row = connection.execute(_GET, (line, number, document_id, seq)).fetchone()
        if row is not None:
            type_name, body = row
            return None if body is None else StoredDocument(document_id, type_name, body)
    return None


def scan_page(connection: apsw.Connection, database: int, chain: Chain, query: ScanQuery) -> Page:
    """One step of a listing from `query.after_id`: at most about 1 MB of bodies, and bounded work whatever it finds."""
    documents: list[StoredDocument] = []
    scanned = skipped = size_bytes = 0
    wanted = BATCH_ROWS if query.limit is None else min(BATCH_ROWS, query.limit)
    seen = query.after_id
    rows = _visible(connection, chain, query, _range(connection, database, query))
    for document_id, type_name, body in rows:
        if len(documents) == wanted or scanned == STEP_ROWS:
            return Page(documents, skipped, scanned, seen)
        matches = body is not None and (query.type_name is None or type_name == query.type_name)
        if matches and skipped < query.skip:
            skipped += 1
        elif matches and body is not None:
            size_bytes += len(body)
            if documents and size_bytes > BATCH_BYTES:
                return Page(documents, skipped, scanned, seen)
            documents.append(StoredDocument(document_id, type_name, body))
        scanned += 1
        seen = document_id
    return Page(documents, skipped, scanned, None)


def _range(connection: apsw.Connection, database: int, query: ScanQuery) -> tuple[str, str | bytes]:
    """Where the ids of the type lie: all below `<type>/`, unless the type is known to have others."""
    if query.type_name is None:
        return "", _NO_END
    is_scattered = connection.execute(
        "SELECT 1 FROM scattered_type WHERE database = ? AND graph = ? AND type = ?",
        (database, GRAPH_NUMBERS[query.graph], query.type_name),
    ).get
    return ("", _NO_END) if is_scattered else (f"{query.type_name}/", f"{query.type_name}0")  # "0" follows "/"


def _visible(
    connection: apsw.Connection, chain: Chain, query: ScanQuery, bounds: tuple[str, str | bytes]
) -> Iterator[_Row]:
    """Ids in order with what the newest layer says of each; `None` for what is gone."""
    start, end = bounds
    number, after = GRAPH_NUMBERS[query.graph], query.after_id or ""

    def of_layer(depth: int, layer: Layer) -> Iterator[tuple[str, int, str, bytes | None]]:
        cursor = connection.execute(_VISIBLE, (layer.line, number, after, start, end, layer.seq))
        return ((document_id, depth, type_name, body) for document_id, type_name, body, _ in cursor)

    last: str | None = None
    for document_id, _, type_name, body in merge(*(of_layer(depth, layer) for depth, layer in enumerate(chain))):
        if document_id != last:
            last = document_id
            yield document_id, type_name, body
