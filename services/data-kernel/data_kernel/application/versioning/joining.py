"""What two states have become since a third one, put together: classes first, then documents."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from data_kernel.application.ports import DocumentStore
from data_kernel.application.revalidation import MAX_VIOLATIONS
from data_kernel.application.state_shapes import StateShapes
from data_kernel.application.streams import closing
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Change, Graph
from data_kernel.domain.merging import ConflictingEdit, Strategy, merge_document
from data_kernel.domain.schema import CONTEXT_ID
from data_kernel.domain.shapes import Shapes
from shared.canonical import decode, pointer
from shared.errors import Conflict, Reason, ValidationFailed, Violation

_CLASSES_HAVE_NO_SETS = Shapes({})


@dataclass(frozen=True, slots=True)
class Sides:
    """Three commits of one database, `None` standing for the empty state."""

    database: str
    base: str | None
    ours: str | None
    theirs: str | None


@dataclass(frozen=True, slots=True)
class Joined:
    """What leads from our state to that of both, before anything checks it, and where the sides contradict each other.

    The `references` of the changes are not filled. Each conflict is named by document and path; its rule tells what our
    side did and what theirs did there, such as `changed_deleted`.
    """

    classes: tuple[Change, ...]
    documents: tuple[Change, ...]
    conflicts: tuple[Violation, ...]


class SidesContradict(Conflict):
    """Both sides edited the same places differently, and none of them is to prevail."""

    def __init__(self, sides: Sides, conflicts: Sequence[Violation]) -> None:
        places = "1 place" if len(conflicts) == 1 else f"{len(conflicts)} places"
        told = f"Ours ({sides.ours}) and theirs ({sides.theirs}) contradict each other in {places}."
        super().__init__(told, reason=Reason.MERGE_CONFLICT, violations=conflicts[:MAX_VIOLATIONS])
        self.sides = sides


class UnionRefused(ValidationFailed):
    """Each of the sides holds, and both together do not."""

    def __init__(self, sides: Sides, error: ValidationFailed) -> None:
        told = f"Ours ({sides.ours}) and theirs ({sides.theirs}) each hold, but not together. {error.detail}"
        super().__init__(told, violations=error.violations)
        self.sides = sides


class Joining:
    """Puts states together. It holds in memory what theirs changed, and what ours changed of the same documents."""

    def __init__(self, store: DocumentStore, shapes: StateShapes) -> None:
        self._store = store
        self._shapes = shapes

    async def join(self, sides: Sides, strategy: Strategy) -> Joined:
        """Both sides' edits since the base; `strategy` decides where they contradict each other."""
        classes, class_conflicts = await self._graph(sides, Graph.SCHEMA, _CLASSES_HAVE_NO_SETS, strategy)
        shapes = await self._shapes_of_both(sides, classes)
        documents, conflicts = await self._graph(sides, Graph.INSTANCE, shapes, strategy)
        return Joined(tuple(classes), tuple(documents), (*class_conflicts, *conflicts))

    async def _shapes_of_both(self, sides: Sides, changes: list[Change]) -> Shapes:
        ours = State(sides.ours, None)
        if not changes:
            return await self._shapes.of(sides.database, ours)
        classes = await self._shapes.classes(sides.database, ours)
        for change in changes:
            classes.pop(change.id, None)
            body = None if change.after is None else decode(change.after)
            if isinstance(body, dict) and change.id != CONTEXT_ID:
                classes[change.id] = body
        return Shapes(classes)

    async def _graph(
        self, sides: Sides, graph: Graph, shapes: Shapes, strategy: Strategy
    ) -> tuple[list[Change], list[Violation]]:
        theirs = await self._changes(sides, sides.theirs, graph)
        ours = await self._changes(sides, sides.ours, graph, theirs) if theirs else {}
        return await asyncio.to_thread(_merged, shapes, ours, theirs, strategy)

    async def _changes(
        self, sides: Sides, side: str | None, graph: Graph, among: Mapping[str, Change] | None = None
    ) -> dict[str, Change]:
        """What a side changed since the base, in order of id bytes; with `among` of these documents alone."""
        found: dict[str, Change] = {}
        old, new = State(sides.base, None), State(side, None)
        async with closing(self._store.diff(sides.database, old, new, graph)) as batches:
            async for batch in batches:
                found |= {change.id: change for change in batch if among is None or change.id in among}
        return found


def _merged(
    shapes: Shapes, ours: Mapping[str, Change], theirs: Mapping[str, Change], strategy: Strategy
) -> tuple[list[Change], list[Violation]]:
    changes: list[Change] = []
    conflicts: list[Violation] = []
    for document_id, change in theirs.items():
        own = ours.get(document_id)
        if own is None:
            changes.append(change)
            continue
        merged = merge_document(shapes, change.before, own.after, change.after, strategy)
        conflicts += _named(document_id, merged.conflicts)
        if merged.body != own.after:
            type_name = _type_of(merged.body, change.type)
            changes.append(Change(change.graph, document_id, type_name, own.after, merged.body))
    return changes, conflicts


def _named(document_id: str, conflicts: tuple[ConflictingEdit, ...]) -> Iterator[Violation]:
    for each in conflicts:
        message = f"It was {each.ours} by ours and {each.theirs} by theirs."
        yield Violation(f"{document_id}#{pointer(each.path)}", f"{each.ours}_{each.theirs}", message)


def _type_of(body: bytes | None, otherwise: str) -> str:
    """The class that a document names; raw JSON names none."""
    document = None if body is None else decode(body)
    name = document.get("@type") if isinstance(document, dict) else None
    return name if isinstance(name, str) else otherwise
