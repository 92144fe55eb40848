"""Changes to documents, worked out on the writer's state."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from data_kernel.application.integrity import broken_references, references_left
from data_kernel.application.ports import Plan, WriterView
from data_kernel.application.put_mode import PutMode
from data_kernel.domain.digests import etag, tag_matches
from data_kernel.domain.documents import Change, Graph, StoredDocument
from data_kernel.domain.ids import RandomKey
from data_kernel.domain.schema import Schema
from data_kernel.domain.validation import Elaborated, elaborate
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
        elaborated = [self._elaborated(each, index) for index, each in enumerate(documents)]
        refuse_repeated(each.id for each in elaborated if each.id)
        before = {each.id: self.view.get(Graph.INSTANCE, each.id) for each in elaborated if each.id}
        for document_id, stored in before.items():
            refuse_by_presence(document_id, mode, present=stored is not None)
            self._refuse_stale(document_id, stored, if_match)
        return self._plan(elaborated, before)

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
        return self._plan([elaborate(self.schema, changed, new_key=self.new_key)], {short: stored})

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

    def _elaborated(self, document: Json, index: int) -> Elaborated:
        label = f"documents/{index}"
        if not isinstance(document, dict):
            raise InvalidInput(f"{label}: a document is a JSON object.", field=label)
        return elaborate(self.schema, document, label=label, new_key=self.new_key)

    def _plan(self, elaborated: list[Elaborated], before: dict[str, StoredDocument | None]) -> Plan:
        violations = [violation for each in elaborated for violation in each.violations]
        violations += broken_references(self.view, self.schema, elaborated)
        if violations:
            raise refused(violations)
        changes = (_change(each, before[each.id]) for each in elaborated)
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


def refused(violations: Sequence[Violation]) -> ValidationFailed:
    """The error for all that is wrong with a request."""
    return ValidationFailed(f"The change breaks the schema; violations: {len(violations)}.", violations=violations)


def _change(elaborated: Elaborated, before: StoredDocument | None) -> Change | None:
    """The change, or nothing where the document is stored like that already."""
    if before is not None and before.body == elaborated.body:
        return None
    body = before.body if before is not None else None
    return Change(Graph.INSTANCE, elaborated.id, elaborated.type, body, elaborated.body, elaborated.targets)
