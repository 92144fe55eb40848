"""Who refers to whom in the instance graph."""

import json
from collections.abc import Iterator
from heapq import merge
from typing import Any

import apsw

from data_kernel.adapters.embedded.lines import Chain, Layer
from data_kernel.adapters.embedded.versions import GRAPH_NUMBERS
from data_kernel.domain.documents import Change, Graph

_PAGE_ROWS = 1_000
_TARGETS = "SELECT targets FROM document WHERE line = ? AND graph = ? AND id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1"
_SOURCES = (
    "SELECT source, present, max(seq) FROM reference WHERE line = ? AND target = ? AND source > ? AND seq <= ? "
    "GROUP BY source ORDER BY source LIMIT ?"
)


def encode(targets: frozenset[str]) -> str:
    """The ids as the document's row has them."""
    return json.dumps(sorted(targets), ensure_ascii=False, separators=(",", ":")) if targets else ""


def changed_by(connection: apsw.Connection, chain: Chain, change: Change) -> tuple[frozenset[str], frozenset[str]]:
    """The ids to which the changed document begins and ceases to refer; none in the schema graph."""
    if change.graph is not Graph.INSTANCE:
        return frozenset(), frozenset()
    before = frozenset() if change.before is None else _targets(connection, chain, change.id)
    return change.references - before, before - change.references


def referrers(connection: apsw.Connection, chain: Chain, target: str) -> Iterator[str]:
    """Ids of the documents that refer to `target` in that state, in order; no statement stays open between pages."""
    after: str | None = ""
    while after is not None:
        sources, after = _page(connection, chain, target, after)
        yield from sources


def _targets(connection: apsw.Connection, chain: Chain, document_id: str) -> frozenset[str]:
    for line, seq in chain:
        targets = connection.execute(_TARGETS, (line, GRAPH_NUMBERS[Graph.INSTANCE], document_id, seq)).get
        if targets is not None:
            return frozenset(json.loads(targets)) if targets else frozenset()
    return frozenset()


def _page(connection: apsw.Connection, chain: Chain, target: str, after: str) -> tuple[list[str], str | None]:
    def of_layer(depth: int, layer: Layer) -> list[tuple[str, int, int]]:
        rows: list[Any] = connection.execute(_SOURCES, (layer.line, target, after, layer.seq, _PAGE_ROWS)).fetchall()
        return [(source, depth, present) for source, present, _ in rows]

    layers = [of_layer(depth, layer) for depth, layer in enumerate(chain)]
    # Beyond the end of a full layer its next rows are not known yet, so the page ends there.
    ends = [rows[-1][0] for rows in layers if len(rows) == _PAGE_ROWS]
    end = min(ends) if ends else None
    sources: list[str] = []
    last = after
    for source, _, present in merge(*layers):
        if end is not None and source > end:
            break
        if source != last:
            last = source
            if present:
                sources.append(source)
    return sources, end
