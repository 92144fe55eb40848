"""What a change of classes means for the documents that are stored."""

from collections.abc import Iterator

from data_kernel.application.document_plans import refused
from data_kernel.application.integrity import broken_references
from data_kernel.application.ports import WriterView
from data_kernel.domain.documents import Change, Graph, StoredDocument
from data_kernel.domain.schema import Schema
from data_kernel.domain.schema.weakening import affected_classes, carried_over
from data_kernel.domain.validation import elaborate
from shared.canonical import decode
from shared.errors import Violation

MAX_VIOLATIONS = 1000
"""So many are collected before the search through the stored documents ends."""


def revalidate(view: WriterView, old: Schema, new: Schema) -> list[Change]:
    """The stored documents that take another form under the new classes.

    Only documents of classes that ask for more than before, or for something else, are read. Errors: `ValidationFailed`
    where some of them break the new classes, or are of a class that is gone.
    """
    changes: list[Change] = []
    violations: list[Violation] = []
    for name in sorted(affected_classes(old, new)):
        for outcome in _outcomes(view, old, new, name):
            if isinstance(outcome, Change):
                changes.append(outcome)
            else:
                violations.append(outcome)
            if len(violations) >= MAX_VIOLATIONS:
                raise refused(violations)
    if violations:
        raise refused(violations)
    return changes


def _outcomes(view: WriterView, old: Schema, new: Schema, name: str) -> Iterator[Change | Violation]:
    documents = view.scan(Graph.INSTANCE, name)
    if name in new.classes:
        for stored in documents:
            yield from _outcome(view, stored, old, new)
    elif next(documents, None) is not None:
        yield Violation(f"{name}#", "class_in_use", "Documents of this class are stored.")


def _outcome(view: WriterView, stored: StoredDocument, old: Schema, new: Schema) -> Iterator[Change | Violation]:
    body = decode(stored.body)
    if not isinstance(body, dict):
        return
    document, violations = carried_over(stored.id, body, stored.type, old, new)
    yield from violations
    if violations:
        return
    elaborated = elaborate(new, document, is_stored=True)
    yield from elaborated.violations
    yield from broken_references(view, new, [elaborated])
    if elaborated.id not in {"", stored.id}:
        message = "The stored id would be written otherwise with these prefixes."
        yield Violation(f"{stored.id}#/@id", "id_mismatch", message)
        return
    if not elaborated.violations and elaborated.body != stored.body:
        yield Change(Graph.INSTANCE, stored.id, stored.type, stored.body, elaborated.body, elaborated.targets)
