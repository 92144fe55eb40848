"""Three-way merge of one document: per property, Sets by element, objects by key, all else as one value."""

from dataclasses import dataclass

from data_kernel.domain.merging.conflicts import ConflictingEdit, Strategy
from data_kernel.domain.merging.values import ABSENT, Absent, Place, ThreeWay, Versions
from data_kernel.domain.shapes import Shapes
from shared.canonical import Json, decode, encode


@dataclass(frozen=True, slots=True)
class MergedDocument:
    """The document's canonical bytes, `None` where it is gone, and every place that both sides edited differently."""

    body: bytes | None
    conflicts: tuple[ConflictingEdit, ...]


def merge_document(
    shapes: Shapes, base: bytes | None, ours: bytes | None, theirs: bytes | None, strategy: Strategy = Strategy.MANUAL
) -> MergedDocument:
    """Merge what two sides made of a document; `None` is its absence, `shapes` tells which properties are Sets.

    Places that only one side edited, or both alike, are that edit. Where the sides differ `strategy` decides, and the
    conflict is told either way. One side's edit against the other's deletion is a conflict. Swapping the sides (and
    `ours` with `theirs` in the strategy) gives the same document and mirrored conflicts.
    """
    merge = ThreeWay(shapes, strategy)
    merged = merge.value(Versions(_read(base), _read(ours), _read(theirs)), Place())
    return MergedDocument(None if merged is ABSENT else encode(merged), tuple(merge.conflicts))


def _read(body: bytes | None) -> Json | Absent:
    return ABSENT if body is None else decode(body)
