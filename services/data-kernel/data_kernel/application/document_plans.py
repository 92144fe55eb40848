"""Changes to documents, worked out on the writer's state."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from data_kernel.application.integrity import broken_references, references_left
from data_kernel.application.ports import Plan, WriterView
from data_kernel.application.put_mode import PutMode
from data_kernel.domain.digests import etag, tag_matches
from data_kernel.domain.documents import Change, Graph, StoredDocument
from data_kernel.domain.ids import RandomKey
from data_kernel.domain.schema import KeyKind, Schema
from data_kernel.domain.validation import Elaborated, elaborate, elaborate_all
from shared.canonical import Json, decode
from shared.errors import AlreadyExists, InvalidInput, NotFound, PreconditionFailed, ValidationFailed, Violation


@dataclass(frozen=True, slots=True)
class DocumentPlans:
    """Plans for the documents of one state."""

    database: str
    schema: Schema
    view: WriterView
    new_key: RandomKey

    def put(self, documents: Sequence[Json], mode: PutMode, if_match: str | None) -> Plan:
        """Write documents as a whole."""
        elaborated = self._elaborated(documents)
        every = [each for top in elaborated for each in top.every]
        refuse_repeated(each.id for each in every if each.id)
        before = {each.id: self.view.get(Graph.INSTANCE, each.id) for each in every if each.id}
        for each in elaborated:
            if each.id:
                self._refuse_by_presence(each, mode, before)
                self._refuse_stale(each.id, before[each.id], if_match)
        plan = self._plan(elaborated, before)
        refuse_other_values(self.schema, plan.changes)
        return plan

    def patch(self, document_id: str, change: Callable[[Json], Json], if_match: str | None) -> Plan:
        """Change one document that is there, keeping its id and class."""
        short = self.schema.prefixes.short_id(document_id)
        stored = self._stored(short)
        self._refuse_stale(short, stored, if_match)
        changed = change(decode(stored.body))
        if not isinstance(changed, dict):
            raise InvalidInput("A patched document is still a JSON object.", field="body")
        moved = [
            Violation(f"{short}#/{keyword}", "id_mismatch", "A patch changes neither the id nor the class.")
            for keyword, kept in (("@id", stored.id), ("@type", stored.type))
            if changed.setdefault(keyword, kept) != kept
        ]
        if moved:
            raise refused(moved)
        elaborated = elaborate(self.schema, changed, new_key=self.new_key, is_stored=True)
        nested = (one.id for inner in elaborated.nested for one in inner.every)
        before = {each: self.view.get(Graph.INSTANCE, each) for each in nested if each}
        plan = self._plan([elaborated], before | {short: stored})
        refuse_other_values(self.schema, plan.changes)
        return plan

    def delete(self, document_ids: Sequence[str], if_match: str | None) -> Plan:
        """Delete documents."""
        short = [self.schema.prefixes.short_id(each) for each in document_ids]
        refuse_repeated(short)
        going = [self._stored(each) for each in short]
        for stored in going:
            self._refuse_stale(stored.id, stored, if_match)
        if violations := references_left(self.view, frozenset(short)):
            raise refused(violations)
        changes = (Change(Graph.INSTANCE, each.id, each.type, each.body, None) for each in going)
        return Plan(tuple(short), tuple(changes))

    def _elaborated(self, documents: Sequence[Json]) -> list[Elaborated]:
        labels = [f"documents/{index}" for index in range(len(documents))]
        objects = []
        for label, document in zip(labels, documents, strict=True):
            if not isinstance(document, dict):
                raise InvalidInput(f"{label}: a document is a JSON object.", field=label)
            objects.append(document)
        return elaborate_all(self.schema, objects, labels, new_key=self.new_key)

    def _refuse_by_presence(self, each: Elaborated, mode: PutMode, before: Mapping[str, StoredDocument | None]) -> None:
        """What a document stands for may be there already where its values make its id: it is the same one."""
        stored = before[each.id]
        if stored is None or not self._is_its_own_key(each):
            refuse_by_presence(each.id, mode, present=stored is not None)
        for nested in (one for inner in each.nested for one in inner.every):
            if before[nested.id] is not None and not self._is_its_own_key(nested):
                refuse_by_presence(nested.id, mode, present=True)

    def _is_its_own_key(self, each: Elaborated) -> bool:
        return self.schema.classes[each.type].key.kind is KeyKind.VALUE_HASH

    def _plan(self, elaborated: list[Elaborated], before: dict[str, StoredDocument | None]) -> Plan:
        every = [each for top in elaborated for each in top.every]
        violations = [violation for each in every for violation in each.violations]
        violations += broken_references(self.view, self.schema, every)
        if violations:
            raise refused(violations)
        changes = (_change(each, before[each.id]) for each in every)
        return Plan(tuple(each.id for each in elaborated), tuple(each for each in changes if each is not None))

    def _stored(self, document_id: str) -> StoredDocument:
        stored = self.view.get(Graph.INSTANCE, document_id)
        if stored is None:
            raise NotFound(f"There is no document {document_id}.", field="id")
        return stored

    def _refuse_stale(self, document_id: str, stored: StoredDocument | None, if_match: str | None) -> None:
        if if_match is None:
            return
        if stored is None or not tag_matches(if_match, etag(self.database, stored)):
            raise PreconditionFailed(f"{document_id} is not the document that the caller saw.", field="if_match")


def refuse_repeated(names: Iterable[str]) -> None:
    """`InvalidInput` where one request names something twice: which of the two would hold?"""
    for name, times in Counter(names).items():
        if times > 1:
            raise InvalidInput(f"{name} is named {times} times in one request.", field="id")


def refuse_by_presence(name: str, mode: PutMode, *, present: bool) -> None:
    """`AlreadyExists` or `NotFound` where the mode does not allow what is there."""
    if mode.allows(present=present):
        return
    if present:
        raise AlreadyExists(f"{name} exists already.", field="id")
    raise NotFound(f"There is no {name} to be replaced.", field="id")


def refuse_other_values(schema: Schema, changes: Sequence[Change]) -> None:
    """`ValidationFailed` where a document would keep an id that is made of all values, with others of them."""
    changed = [each for each in changes if each.before is not None and each.after is not None]
    message = "The id is made of all values, and these are others."
    violations = [
        Violation(f"{each.id}#/@id", "id_mismatch", message)
        for each in changed
        if each.type in schema.classes and schema.classes[each.type].key.kind is KeyKind.VALUE_HASH
    ]
    if violations:
        raise refused(violations)


def refused(violations: Sequence[Violation]) -> ValidationFailed:
    """The error for all that is wrong with a request."""
    return ValidationFailed(f"The change breaks the schema; violations: {len(violations)}.", violations=violations)


def _change(elaborated: Elaborated, before: StoredDocument | None) -> Change | None:
    """The change, or nothing where the document is stored like that already."""
    if before is not None and before.body == elaborated.body:
        return None
    body = before.body if before is not None else None
    return Change(Graph.INSTANCE, elaborated.id, elaborated.type, body, elaborated.body, elaborated.targets)
