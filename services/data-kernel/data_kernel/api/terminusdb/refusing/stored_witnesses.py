"""Witnesses of stored documents that a change of classes would break, as TerminusDB tells them."""

from collections.abc import Mapping
from dataclasses import dataclass

from data_kernel.api.terminusdb.classes.prefixes import Prefixes
from data_kernel.domain.shapes import Shapes
from shared.canonical import Json, JsonNumber, encode
from shared.errors import Violation

_NOT_OF_CLASS = {"wrong_type", "type_change", "enum_value", "array_dimensions", "reference"}
_WIDER_THAN_INTEGER = {"xsd:decimal", "xsd:double", "xsd:float"}


@dataclass(frozen=True, slots=True)
class StoredWitnesses:
    """Knows the documents by id, and the classes as they are and as they were to be."""

    prefixes: Prefixes
    before: Shapes
    after: Shapes
    documents: Mapping[str, Mapping[str, Json]]

    def of(self, violation: Violation) -> dict[str, Json]:
        """The witness of a violation; empty where it is not about stored documents."""
        subject, _, pointer = violation.path.partition("#")
        if violation.rule == "class_in_use":
            return self._class_in_use(subject)
        document = self.documents.get(subject)
        if document is None:
            return {}
        class_name = str(document.get("@type"))
        if violation.rule == "abstract_class":
            return {"@type": "reifying_abstract_class", "class": self._name(class_name), "subject": self._id(subject)}
        steps = [each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:]]
        if not steps:
            return self._of_choice(violation.rule, subject, class_name)
        return self._of_property(violation.rule, subject, document, steps)

    def _of_property(self, rule: str, subject: str, document: Mapping[str, Json], steps: list[str]) -> dict[str, Json]:
        class_name, predicate = str(document.get("@type")), self._name(steps[0])
        wanted = self._name(self.after.range_name(class_name, steps[0]))
        if rule == "unknown_property":
            return _invalid_predicate(self._name(class_name), predicate, self._id(subject))
        if rule in _NOT_OF_CLASS:
            value = self._told(class_name, steps, document)
            return {"@type": "instance_not_of_class", "class": wanted, "instance": value}
        kind = "instance_not_cardinality_one" if rule == "required" else "instance_has_wrong_cardinality"
        return {"@type": kind, "class": wanted, "instance": self._id(subject), "predicate": predicate}

    def _of_choice(self, rule: str, subject: str, class_name: str) -> dict[str, Json]:
        kind = "no_choice_is_cardinality_one" if rule == "choice_missing" else rule
        return {"@type": kind, "class": self._name(class_name), "instance": self._id(subject)}

    def _class_in_use(self, class_name: str) -> dict[str, Json]:
        """Without its class the first value of the first document has no meaning."""
        of_class = (each for each in self.documents.values() if each.get("@type") == class_name)
        document = next(of_class, {})
        names = sorted(each for each in document if not each.startswith("@"))
        predicate = self._name(names[0]) if names else "rdf:type"
        return _invalid_predicate(self._name(class_name), predicate, self._id(str(document.get("@id"))))

    def _told(self, class_name: str, steps: list[str], document: Mapping[str, Json]) -> str:
        """A value as TerminusDB tells it: the IRI of a document or an enum's value, else a typed literal."""
        value: Json = document.get(steps[0])
        for step in steps[1:]:
            value = value[int(step)] if isinstance(value, list) and step.isdecimal() else value
        while isinstance(value, list) and value:
            value = value[0]
        name = self.before.range_name(class_name, steps[0])
        if self.before.knows(name):
            return self._id(str(value.get("@id") if isinstance(value, dict) else value))
        if ":" not in name:
            return f"{self._name(name)}/{value}"
        return self._literal(value, name)

    def _literal(self, value: Json, datatype: str) -> str:
        is_whole = isinstance(value, int) and not isinstance(value, bool) and datatype in _WIDER_THAN_INTEGER
        text = value.text if isinstance(value, JsonNumber) else encode(value).decode()
        return f"{text}^^'{self._name('xsd:integer' if is_whole else datatype)}'"

    def _name(self, name: str) -> str:
        return self.prefixes.full_name(name)

    def _id(self, document_id: str) -> str:
        return self.prefixes.full_id(document_id)


def _invalid_predicate(class_name: str, predicate: str, subject: str) -> dict[str, Json]:
    return {"@type": "invalid_predicate", "class": class_name, "predicate": predicate, "subject": subject}
