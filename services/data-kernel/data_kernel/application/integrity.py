"""References between the documents of one state: none may lead nowhere."""

from collections.abc import Iterator, Sequence
from itertools import islice

from data_kernel.application.ports import WriterView
from data_kernel.domain.documents import Graph
from data_kernel.domain.schema import Schema
from data_kernel.domain.validation import Elaborated
from shared.errors import Violation

_MAX_REFERRERS_NAMED = 10


def broken_references(view: WriterView, schema: Schema, written: Sequence[Elaborated]) -> list[Violation]:
    """The references of the documents to be written that lead to no document, or to one of an unrelated class."""
    types: dict[str, str | None] = {each.id: each.type for each in written if each.id}
    violations = []
    for reference in (each for document in written for each in document.references):
        if reference.target not in types:
            stored = view.get(Graph.INSTANCE, reference.target)
            types[reference.target] = stored.type if stored is not None else None
        found = types[reference.target]
        if found is None:
            violations.append(Violation(reference.path, "reference", "The document referred to does not exist."))
        elif not schema.holds(found, reference.class_name):
            message = f"The document referred to is not of class {reference.class_name}."
            violations.append(Violation(reference.path, "reference", message))
    return violations


def references_left(view: WriterView, going: frozenset[str]) -> list[Violation]:
    """The documents to be deleted that documents which stay refer to; at most ten of these are named for each."""
    return [
        Violation(f"{document_id}#", "referenced", f"{referrer} refers to this document.")
        for document_id in sorted(going)
        for referrer in islice(_staying_referrers(view, document_id, going), _MAX_REFERRERS_NAMED)
    ]


def _staying_referrers(view: WriterView, document_id: str, going: frozenset[str]) -> Iterator[str]:
    return (referrer for referrer in view.referrers(document_id) if referrer not in going)
