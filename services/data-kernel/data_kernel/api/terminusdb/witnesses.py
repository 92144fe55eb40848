"""Violations of the schema in the form of TerminusDB's witnesses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data_kernel.api.terminusdb.identities import Subject
from data_kernel.api.terminusdb.prefixes import Prefixes
from data_kernel.api.terminusdb.refusals import Refusal
from data_kernel.domain.schema import Property, RangeKind, Schema
from data_kernel.domain.validation.numbers import INTEGER_BOUNDS
from shared.canonical import Json, JsonNumber
from shared.errors import ValidationFailed, Violation

_KINDS: Mapping[str, str] = {
    "required": "required_field_does_not_exist_in_document",
    "unknown_property": "unknown_property_for_type",
    "unknown_class": "ascribed_type_does_not_exist",
    "unknown_type": "not_a_class_or_base_type",
    "unknown_parent": "inherits_from_non_existent_class",
    "inheritance_cycle": "cycle_in_class",
    "diamond": "violation_of_diamond_property",
    "abstract_class": "reifying_abstract_class",
    "type_missing": "no_unique_type_for_document",
    "wrong_type": "could_not_interpret_as_type",
    "enum_value": "not_a_valid_enum",
    "array_dimensions": "invalid_array_dimensions",
    "choice_missing": "no_choice_is_cardinality_one",
    "choice_too_many": "choice_has_too_many_answers",
    "reference": "references_untyped_object",
    "referenced": "instance_not_cardinality_one",
}
_INTEGERS = frozenset({"xsd:integer", *(f"xsd:{name}" for name in INTEGER_BOUNDS)})
_NUMBERS = _INTEGERS | {"xsd:decimal", "xsd:double", "xsd:float"}
_ANY_TEXTS = frozenset({"xsd:string", "xsd:anySimpleType"})
_LITERAL = {"@type", "@value"}


@dataclass(frozen=True, slots=True)
class Written:
    """What a refused write gave: the documents with their ids, and the schema that they were held to."""

    schema: Schema
    subjects: Sequence[Subject]

    def document(self, subject: str) -> dict[str, Json]:
        """The document that a violation is about: by its id, else by its class, else the only one."""
        given = [(each.id, each.document) for each in self.subjects if isinstance(each.document, dict)]
        documents = [document for document_id, document in given if document_id == subject]
        documents += [document for _, document in given if subject in (document.get("@id"), document.get("@type"))]
        if not documents and len(given) == 1:
            return given[0][1]
        return documents[0] if documents else {}

    def property_of(self, document: Mapping[str, Json], name: str) -> Property | None:
        """The property of that name in the document's class."""
        class_name = self.schema.prefixes.short_name(str(document.get("@type")))
        definition = self.schema.classes.get(class_name)
        return definition.properties.get(name) if definition is not None else None


def schema_check_failure(error: ValidationFailed, prefixes: Prefixes, written: Written | None = None) -> Refusal:
    """The refusal of a change that breaks the schema, with a witness for each violation."""
    telling = _Telling(prefixes, written)
    first = error.violations[0] if error.violations else None
    if first is not None and (refusal := telling.cast_failure(error, first)) is not None:
        return refusal
    witnesses: list[Json] = [telling.witness(violation) for violation in error.violations]
    return Refusal(
        error, kind="api:SchemaCheckFailure", members={"api:witnesses": witnesses}, text="Schema check failure"
    )


@dataclass(frozen=True, slots=True)
class _Telling:
    prefixes: Prefixes
    written: Written | None

    def witness(self, violation: Violation) -> Json:
        """With the value where the document that has it was given, else by the place alone."""
        subject, names = place_of(violation)
        document = self.written.document(subject) if self.written is not None else {}
        if document and violation.rule == "unknown_class":
            full = self.prefixes.full_name(str(document["@type"]))
            return {"@type": _KINDS[violation.rule], "ascribed_type": full, "document": document}
        each = self.written.property_of(document, names[0]) if self.written is not None and names else None
        told = self._told(violation, subject, each, names, document) if each is not None else None
        return told if told is not None else self._placed(violation, subject, names)

    def cast_failure(self, error: ValidationFailed, violation: Violation) -> Refusal | None:
        """What TerminusDB says in place of witnesses: a fraction for an integer, a truth value for a text."""
        subject, names = place_of(violation)
        document = self.written.document(subject) if self.written is not None else {}
        each = self.written.property_of(document, names[0]) if self.written is not None and names else None
        if each is None or violation.rule != "wrong_type":
            return None
        value, datatype = value_at(document, names), self.prefixes.full_name(each.range.name)
        if isinstance(value, JsonNumber) and each.range.name in _INTEGERS:
            members: dict[str, Json] = {"api:document": document, "api:type": datatype, "api:value": value}
            return Refusal(error, kind="api:BadCast", members=members, text="A value could not be cast.")
        if isinstance(value, bool) and each.range.name in _ANY_TEXTS:
            members = {"api:expected_type": datatype, "api:value": value}
            return Refusal(error, kind="api:UnexpectedBooleanValue", members=members, text="Unexpected boolean value.")
        return None

    def _told(
        self, violation: Violation, subject: str, each: Property, names: list[str], document: dict[str, Json]
    ) -> Json:
        kinds: Mapping[str, Callable[[Property, Json], Json]] = {
            "wrong_type": self._wrong_type,
            "enum_value": self._enum_value,
        }
        value, predicate = value_at(document, names), self.prefixes.full_name(each.name)
        if violation.rule == "array_dimensions":
            array = document[each.name]
            return {"@type": _KINDS[violation.rule], "array": array, "dimensions": each.dimensions}
        if violation.rule == "reference":
            target = self.prefixes.full_id(str(value))
            ends: dict[str, Json] = {"object": target, "subject": self.prefixes.full_id(subject)}
            return {"@type": _KINDS[violation.rule], "predicate": predicate, **ends}
        if violation.rule not in kinds:
            return None
        if isinstance(value, list) and each.range.kind is RangeKind.DATATYPE:
            return {"@type": "unexpected_list", "type": self.prefixes.full_name(each.range.name), "value": value}
        witness = kinds[violation.rule](each, value)
        return {predicate: [witness] if len(names) > 1 else witness}

    def _wrong_type(self, each: Property, value: Json) -> Json:
        expected = self.prefixes.full_name(each.range.name)
        if isinstance(value, dict) and value.keys() == _LITERAL:
            ascribed = self.prefixes.full_name(str(value["@type"]))
            types: dict[str, Json] = {"ascribed_type": ascribed, "required_type": expected}
            return {"@type": "ascribed_type_not_subsumed", "document": value, **types}
        if isinstance(value, dict):
            return {"@type": "no_unique_type_for_document", "document": value}
        is_reference = each.range.kind is RangeKind.CLASS
        kind = "not_an_object_identifier" if is_reference else "could_not_interpret_as_type"
        return {"@type": kind, "type": expected, "value": value if is_reference else self._literal(each, value)}

    def _literal(self, each: Property, value: Json) -> Json:
        """A value as TerminusDB writes one of another kind than its datatype's."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | JsonNumber) and each.range.name not in _NUMBERS:
            number = value.text if isinstance(value, JsonNumber) else value
            return f"{number}^^'{self.prefixes.full_name('xsd:decimal')}'"
        return value

    def _enum_value(self, each: Property, value: Json) -> Json:
        return {"@type": "not_a_valid_enum", "enum": self.prefixes.full_name(each.range.name), "value": value}

    def _placed(self, violation: Violation, subject: str, names: list[str]) -> Json:
        witness: dict[str, Json] = {"@type": _KINDS.get(violation.rule, violation.rule)}
        if "/" in subject:
            witness["instance"] = self.prefixes.full_id(subject)
        elif subject:
            witness["class"] = self.prefixes.full_name(subject)
        if names:
            witness["predicate"] = names[0] if names[0].startswith("@") else self.prefixes.full_name(names[0])
        return witness


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
