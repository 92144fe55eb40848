"""What a migration makes of the documents that are stored: rewritten, renamed with all that refers to them, or gone."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from data_kernel.application.document_plans import refused
from data_kernel.application.integrity import broken_references, references_left
from data_kernel.application.ports import WriterView
from data_kernel.application.remaining import Remaining
from data_kernel.application.revalidation import MAX_VIOLATIONS
from data_kernel.domain.documents import Change, Graph, StoredDocument
from data_kernel.domain.migration import Migration, Rewritten, Unconvertible
from data_kernel.domain.schema import CONTEXT_ID, ClassDefinition, KeyKind, Schema
from data_kernel.domain.schema.weakening import affected_classes, carried_over
from data_kernel.domain.shapes import Shapes
from data_kernel.domain.validation import Elaborated, elaborate
from shared.canonical import Json, decode, pointer
from shared.errors import Violation

_MAX_ROUNDS = 100
"""So often an id may follow from another one that changes; what goes on then does not end."""


@dataclass(slots=True)
class _Draft:
    """A stored document, what it is to be (`None`: gone), and that as the classes want it."""

    stored: StoredDocument
    rewritten: Rewritten
    elaborated: Elaborated | None = None

    @property
    def id(self) -> str:
        """The id that it will have."""
        return (self.elaborated.id if self.elaborated is not None else "") or self.stored.id


class DocumentMigration:
    """Brings the documents of a state to new classes; `classes` are their documents by name."""

    def __init__(
        self, view: WriterView, old: Schema, new: Schema, migration: Migration, classes: Mapping[str, Json]
    ) -> None:
        self._view = view
        self._old = old
        self._new = new
        self._migration = migration
        bodies = {name: each for name, each in classes.items() if name != CONTEXT_ID and isinstance(each, dict)}
        self._shapes = Shapes(bodies)
        self._drafts: dict[str, _Draft] = {}
        self._violations: list[Violation] = []

    def run(self) -> tuple[list[Change], tuple[str, ...]]:
        """The changes, and for each time that an operation changed a document its id.

        Errors: `ValidationFailed` with all that the new classes refuse.
        """
        for name in sorted(self._migration.scope | affected_classes(self._old, self._new)):
            for stored in self._view.scan(Graph.INSTANCE, name):
                self._add(stored)
                self._refuse(at_once=False)
        self._refuse(at_once=True)
        self._follow_renames()
        self._violations += self._conflicts()
        self._refuse(at_once=True)
        return [*self._changes()], tuple(self._operations())

    def _refuse(self, *, at_once: bool) -> None:
        if len(self._violations) >= (1 if at_once else MAX_VIOLATIONS):
            raise refused([*dict.fromkeys(self._violations)])

    def _add(self, stored: StoredDocument) -> _Draft:
        """The draft of a document, without a look at what it refers to."""
        body = decode(stored.body)
        document = body if isinstance(body, dict) else {}
        try:
            rewritten = self._carried(stored, self._migration.rewritten(document))
        except Unconvertible as error:
            self._violations.append(Violation(f"{stored.id}#{pointer((error.member,))}", "cast", error.message))
            rewritten = Rewritten(None)
        draft = self._drafts[stored.id] = _Draft(stored, rewritten)
        self._elaborate(draft, {})
        return draft

    def _carried(self, stored: StoredDocument, rewritten: Rewritten) -> Rewritten:
        """With the values in the families of the new class, and without an id that is made anew."""
        if rewritten.document is None:
            return rewritten
        class_name = str(rewritten.document.get("@type"))
        after = self._new.classes.get(class_name)
        if after is None:
            self._violations.append(Violation(f"{class_name}#", "class_in_use", "Documents of this class are stored."))
            return Rewritten(None)
        settled = self._migration.settled
        document, violations = carried_over(stored.id, rewritten.document, stored.type, self._old, self._new, settled)
        self._violations += violations
        if rewritten.makes_ids:
            document = _without_made_id(document, after)
        return Rewritten(document, rewritten.operations)

    def _elaborate(self, draft: _Draft, renamed: Mapping[str, str]) -> None:
        """Hold a draft to its class, with references to documents under their new ids."""
        if draft.rewritten.document is None:
            return
        document = self._pointing(draft.rewritten.document, renamed)
        if document != draft.rewritten.document:
            document = _without_made_id(document, self._new.classes[str(document["@type"])])
        draft.elaborated = elaborate(self._new, document, label=draft.stored.id, is_stored=True)
        for each in draft.elaborated.violations:
            place = each.path.partition("#")[2]
            self._violations.append(Violation(f"{draft.stored.id}#{place}", each.rule, each.message))

    def _pointing(self, document: dict[str, Json], renamed: Mapping[str, str]) -> dict[str, Json]:
        class_name = str(document.get("@type"))
        return {
            name: self._renamed(value, renamed) if self._shapes.referred_class(class_name, name) else value
            for name, value in document.items()
        }

    def _renamed(self, value: Json, renamed: Mapping[str, str]) -> Json:
        match value:
            case str():
                return renamed.get(value, value)
            case list():
                return [self._renamed(each, renamed) for each in value]
            case dict():
                return self._pointing(value, renamed)
        return value

    def _follow_renames(self) -> None:
        """Let what refers to a renamed document name it by its new id; its own id may follow from that."""
        renamed: dict[str, str] = {}
        fresh = {each.stored.id: each.id for each in self._drafts.values() if each.id != each.stored.id}
        for _ in range(_MAX_ROUNDS):
            if not fresh:
                return
            renamed |= fresh
            fresh = {}
            for stored in self._referrers(renamed):
                draft = self._drafts.get(stored.id) or self._add(stored)
                before = draft.id
                self._elaborate(draft, renamed)
                if draft.id != before:
                    fresh[stored.id] = draft.id
        message = "The ids of documents that refer to each other would follow from one another without end."
        self._violations += [Violation(f"{each}#/@id", "id_endless", message) for each in sorted(fresh)]

    def _referrers(self, renamed: Mapping[str, str]) -> list[StoredDocument]:
        ids = {referrer for each in renamed for referrer in self._view.referrers(each)}
        found = (self._view.get(Graph.INSTANCE, each) for each in sorted(ids))
        return [each for each in found if each is not None]

    def _conflicts(self) -> Iterator[Violation]:
        """What no document alone shows: ids that two would have, and references to what is not there any more."""
        elaborated = [each.elaborated for each in self._drafts.values() if each.elaborated is not None]
        rest = Remaining(self._view, frozenset(self._drafts))
        for document_id, count in Counter(each.id for each in elaborated).items():
            if count > 1 or rest.get(Graph.INSTANCE, document_id) is not None:
                yield Violation(f"{document_id}#/@id", "id_taken", "Another document would have this id.")
        yield from broken_references(rest, self._new, elaborated)
        gone = (each.stored.id for each in self._drafts.values() if each.elaborated is None)
        yield from references_left(rest, frozenset(gone))

    def _changes(self) -> Iterator[Change]:
        after: dict[str, Elaborated | None] = dict.fromkeys(self._drafts)
        after |= {each.id: each.elaborated for each in self._drafts.values() if each.elaborated is not None}
        for document_id, each in sorted(after.items()):
            stored = self._view.get(Graph.INSTANCE, document_id)
            change = _change(document_id, stored, each)
            if change.before != change.after:
                yield change

    def _operations(self) -> Iterator[str]:
        for document_id, draft in sorted(self._drafts.items()):
            is_renamed = draft.elaborated is not None and draft.id != document_id
            yield from [document_id] * max(draft.rewritten.operations, int(is_renamed))


def _without_made_id(document: dict[str, Json], definition: ClassDefinition) -> dict[str, Json]:
    """The document without an id that its values make, so that they make it anew."""
    if definition.key.kind is KeyKind.RANDOM:
        return document
    return {name: value for name, value in document.items() if name != "@id"}


def _change(document_id: str, stored: StoredDocument | None, after: Elaborated | None) -> Change:
    before = stored.body if stored is not None else None
    if after is None:
        return Change(Graph.INSTANCE, document_id, stored.type if stored is not None else "", before, None)
    return Change(Graph.INSTANCE, document_id, after.type, before, after.body, after.targets)
