"""Plans of differences: each says which document it is about and what it expects to find there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from data_kernel.application.document_plans import refuse_other_values, refuse_repeated
from data_kernel.application.ports import Plan, Planner, WriterView
from data_kernel.application.schemas import SchemaCache
from data_kernel.application.versioning.joined_plans import held
from data_kernel.domain.comparing import Conflicting, NoPatch, patched_document, remaining, subject_of
from data_kernel.domain.comparing.operations import Object
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Change, Graph
from data_kernel.domain.ids import RandomKey, random_key, shorten
from data_kernel.domain.schema import Schema
from data_kernel.domain.validation import elaborate
from shared.canonical import Json, decode, encode
from shared.errors import Conflict, InvalidInput, NotFound, Reason, Violation

_INSERT = "@insert"
_UNKNOWN: Mapping[str, Object] = MappingProxyType({})


class UnexpectedDocuments(Conflict):
    """Documents are not what differences expect; `conflicts` tells where and how, document by document."""

    def __init__(self, conflicts: dict[str, Json]) -> None:
        super().__init__(
            f"Documents are not what the change expects: {len(conflicts)}.",
            reason=Reason.MERGE_CONFLICT,
            violations=[
                Violation(f"{each}#", "unexpected", "It is something else than expected.") for each in conflicts
            ],
        )
        self.conflicts = list(conflicts.values())


@dataclass(frozen=True, slots=True)
class PatchPlans:
    """Planners for the differences of documents of one database."""

    database: Database
    schemas: SchemaCache
    new_key: RandomKey = random_key

    def apply(
        self, patches: Sequence[Json], *, accepts_final: bool, finals: Mapping[str, Object] = _UNKNOWN
    ) -> Planner:
        """All of the differences, each of another document, or none of them.

        With `accepts_final` what already is as it is to be is no conflict; `finals` are documents as they are to be, by
        id, where that is known. The planner raises `InvalidInput` for what is no difference, `NotFound`,
        `UnexpectedDocuments`, and `ValidationFailed` with all violations.
        """
        known = finals if accepts_final else _UNKNOWN

        def planner(view: WriterView) -> Plan:
            schema = self.schemas.load(self.database, view)
            named = [self._named(schema, each, index) for index, each in enumerate(patches)]
            refuse_repeated(document_id for document_id, _ in named)
            changes = held(view, schema, _changes(view, schema, named, known, accepts_final=accepts_final))
            refuse_other_values(schema, changes)
            return Plan(tuple(document_id for document_id, _ in named), tuple(changes))

        return planner

    def _named(self, schema: Schema, patch: Json, index: int) -> tuple[str, dict[str, Json]]:
        """The difference with the id of its document as it is stored; one that inserts may leave it to the key."""
        place = f"patch/{index}"
        if not isinstance(patch, dict):
            raise InvalidInput(f"{place}: a difference of a document is an object", field="patch")
        inserted = patch.get(_INSERT)
        if isinstance(inserted, dict):
            made = elaborate(schema, inserted, label=place, new_key=self.new_key).id or str(inserted.get("@id", ""))
            return shorten(made, schema.base), {**patch, _INSERT: {**inserted, "@id": shorten(made, schema.base)}}
        try:
            document_id = shorten(subject_of(patch), schema.base)
        except NoPatch as error:
            raise InvalidInput(f"{place}: {error}", field="patch") from error
        return document_id, {**patch, "@id": document_id} if "@id" in patch else patch


def _changes(
    view: WriterView,
    schema: Schema,
    patches: Sequence[tuple[str, Object]],
    finals: Mapping[str, Object],
    *,
    accepts_final: bool,
) -> list[Change]:
    changes: list[Change] = []
    conflicts: dict[str, Json] = {}
    for document_id, patch in patches:
        try:
            change = _change(view, document_id, patch, finals.get(document_id), accepts_final=accepts_final)
        except Conflicting as found:
            told = found.conflicts if isinstance(found.conflicts, dict) else {}
            conflicts[document_id] = _told(document_id, told, schema.base)
        except NoPatch as error:
            raise InvalidInput(f"patch: {error}", field="patch") from error
        else:
            changes += [change] if change.before != change.after else []
    if conflicts:
        raise UnexpectedDocuments(conflicts)
    return changes


def _change(view: WriterView, document_id: str, patch: Object, final: Object | None, *, accepts_final: bool) -> Change:
    stored = view.get(Graph.INSTANCE, document_id)
    if stored is None and "@op" not in patch:
        raise NotFound(f"There is no document {document_id}.", field="id")
    decoded = decode(stored.body) if stored is not None else None
    document = decoded if isinstance(decoded, dict) else None
    if document is not None and final is not None and "@op" not in patch:
        patch = remaining(document, final, patch)
    after = patched_document(document, patch, accepts_final=accepts_final)
    body = None if after is None else encode(after)
    name = (after or {}).get("@type", stored.type if stored is not None else "")
    return Change(Graph.INSTANCE, document_id, str(name), stored.body if stored is not None else None, body)


def _told(document_id: str, conflict: dict[str, Json], base: str) -> dict[str, Json]:
    """A conflict about a document as a whole names it in full, one within it by its id beside its places."""
    whole: dict[str, Json] = {name: f"{base}{document_id}" for name in conflict if name.startswith("@id_")}
    return conflict | whole if whole else {"@id": document_id, **conflict}
