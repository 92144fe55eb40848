"""What a refused write gave, and the places in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from data_kernel.api.terminusdb.identities import Subject
from data_kernel.domain.schema import ClassDefinition, Schema
from shared.canonical import Json
from shared.errors import Violation


@dataclass(frozen=True, slots=True)
class Written:
    """What a refused write gave: the documents with their ids, and the schema that they were held to."""

    schema: Schema
    subjects: Sequence[Subject]

    def document(self, subject: str) -> dict[str, Json]:
        """The document that a violation is about, with the names that properties have in the class."""
        return self.schema.prefixes.with_short_members(self._given(subject))

    def _given(self, subject: str) -> dict[str, Json]:
        """By its id, its class or its place, else the only one."""
        given = [(each.id, each.document) for each in self.subjects if isinstance(each.document, dict)]
        label, _, number = subject.partition("/")
        if label == "documents" and number.isdecimal() and int(number) < len(given):
            return given[int(number)][1]
        documents = [document for document_id, document in given if document_id == subject]
        documents += [document for _, document in given if subject in (document.get("@id"), document.get("@type"))]
        if not documents and len(given) == 1:
            return given[0][1]
        return documents[0] if documents else {}

    def definition(self, document: Mapping[str, Json]) -> ClassDefinition | None:
        """The class that a document names."""
        return self.schema.classes.get(self.schema.prefixes.short_name(str(document.get("@type"))))

    def holder(self, subject: str, names: Sequence[str], target: str) -> str:
        """The id of the document, or the subdocument in it, that refers to `target` by the last of the names."""
        bodies = [each.body for each in self.subjects if each.id == subject]
        return next((found for body in bodies for found in _holders(body, names, target)), subject)


def place_of(violation: Violation) -> tuple[str, list[str]]:
    """What a violation is about, and the steps to the place there (RFC 6901)."""
    subject, _, pointer = violation.path.partition("#")
    return subject, [each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:]]


def value_at(document: Json, names: Sequence[str]) -> Json:
    """What stands at a place; a value that stands alone for a list of one is its own element."""
    value = document
    for name in names:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
    return value


def _holders(body: Json, names: Sequence[str], target: str) -> Iterator[str]:
    """Ids of the documents that hold the target under the last name, found along the names before."""
    if isinstance(body, list):
        for element in body:
            yield from _holders(element, names, target)
    elif isinstance(body, dict):
        value = body.get(names[0])
        if len(names) > 1:
            yield from _holders(value, names[1:], target)
        elif target in (value if isinstance(value, list) else [value]):
            yield str(body.get("@id"))
