"""Violations of the schema in the form of TerminusDB's witnesses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data_kernel.api.terminusdb.prefixes import Prefixes
from data_kernel.api.terminusdb.refusals import Refusal
from data_kernel.api.terminusdb.refused_ids import RefusedIds
from data_kernel.api.terminusdb.told_documents import Telling
from data_kernel.api.terminusdb.told_values import ToldValues
from data_kernel.api.terminusdb.written import Written, place_of, value_at
from data_kernel.domain.schema import ClassDefinition, Property, RangeKind
from data_kernel.domain.validation import elaborate
from shared.canonical import Json
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
    "cardinality": "field_has_wrong_cardinality",
    "array_dimensions": "invalid_array_dimensions",
    "choice_missing": "no_choice_is_cardinality_one",
    "choice_too_many": "choice_has_too_many_answers",
    "reference": "references_untyped_object",
    "referenced": "instance_not_cardinality_one",
}
_OF_PROPERTIES = 3
_RANKS = {
    "unknown_class": 0,
    "abstract_class": 0,
    "type_missing": 0,
    "subdocument_alone": 0,
    "unknown_property": 1,
    "choice_missing": 2,
    "choice_too_many": 2,
    "id_form": 4,
    "id_mismatch": 4,
}
_STRUCTURAL = {*_RANKS, "required", "cardinality", "array_dimensions"}
_MAX_NAMED = 100


def schema_check_failure(error: ValidationFailed, prefixes: Prefixes, written: Written) -> Refusal:
    """The refusal of documents that break the schema, as TerminusDB tells it.

    It reads a document in this order: its class, properties that the class has not, choices, then property by property
    in order of name; where one is missing, or has too many values, that is its one witness. Values that do not fit
    have one each. The message names all violations.
    """
    telling = _Telling(prefixes, written)
    violations = telling.in_order(error.violations)
    first = violations[0]
    refusal = telling.refused_id(error, first) or telling.cast_failure(error, first)
    if refusal is not None:
        return refusal
    values = [each for each in violations if each.rule not in _STRUCTURAL]
    leading = values if first in values else [first]
    witnesses: list[Json] = [telling.witness(violation) for violation in leading]
    return check_failure(error, witnesses)


def check_failure(error: ValidationFailed, witnesses: list[Json]) -> Refusal:
    """The refusal with these witnesses."""
    told = "; ".join(f"{each.path} ({each.rule})" for each in error.violations[:_MAX_NAMED])
    text = f"Schema check failure; violations: {len(error.violations)}: {told}"
    return Refusal(error, kind="api:SchemaCheckFailure", members={"api:witnesses": witnesses}, text=text)


@dataclass(frozen=True, slots=True)
class _Telling:
    prefixes: Prefixes
    written: Written

    @property
    def _telling(self) -> Telling:
        return Telling(self.written.schema, self.prefixes)

    @property
    def _values(self) -> ToldValues:
        return ToldValues(self.prefixes)

    def in_order(self, violations: Sequence[Violation]) -> list[Violation]:
        """Those of the document that was given first, in the order in which TerminusDB meets them, then the others."""
        subjects = list(dict.fromkeys(place_of(each)[0] for each in violations))

        def rank(violation: Violation) -> tuple[int, int, str]:
            subject, names = place_of(violation)
            return subjects.index(subject), _RANKS.get(violation.rule, _OF_PROPERTIES), names[0] if names else ""

        return sorted(violations, key=rank)

    def refused_id(self, error: ValidationFailed, violation: Violation) -> Refusal | None:
        """What TerminusDB says in place of witnesses about ids and names."""
        documents = [each.document for each in self.written.subjects]
        told = RefusedIds(error, self.written.schema, self.prefixes, documents)
        return told.of(violation, self.written.document(place_of(violation)[0]))

    def cast_failure(self, error: ValidationFailed, violation: Violation) -> Refusal | None:
        """What TerminusDB says in place of witnesses about some values of another type."""
        subject, names = place_of(violation)
        document = self.written.document(subject)
        definition = self.written.definition(document)
        each = definition.properties.get(names[0]) if definition is not None and names else None
        if each is None or violation.rule != "wrong_type":
            return None
        return self._values.cast_failure(error, each, value_at(document, names), document)

    def witness(self, violation: Violation) -> Json:
        """With the value where the document that has it was given, else by the place alone."""
        subject, names = place_of(violation)
        document = self.written.document(subject)
        told = self._of_document(violation, subject, document, names)
        return told if told is not None else self._placed(violation, subject, names)

    def _of_document(self, violation: Violation, subject: str, document: dict[str, Json], names: list[str]) -> Json:
        if violation.rule == "type_missing" and names == ["@type"]:
            return self._without_class(document)
        name = str(document.get("@type"))
        if violation.rule == "unknown_class" and names == ["@type"]:
            return self._unknown_class(name, document)
        if violation.rule == "abstract_class" and names == ["@type"]:
            return {"@type": _KINDS[violation.rule], "class": self.prefixes.full_name(name), "subject": "unknown"}
        definition = self.written.definition(document)
        if definition is None:
            return None
        told = self._of_members(violation.rule, definition, document, names)
        if told is not None:
            return told
        each = definition.properties.get(names[0]) if names else None
        return self._told(violation, subject, each, names, document) if each is not None else None

    def _of_members(
        self, rule: str, definition: ClassDefinition, document: Mapping[str, Json], names: list[str]
    ) -> dict[str, Json] | None:
        """The witness of what a document, or a subdocument in it, consists of."""
        if len(names) > (0 if rule == "choice_missing" else 1) and rule in _STRUCTURAL:
            return self._inside(rule, definition, document, names)
        if rule in {"choice_missing", "choice_too_many"}:
            return self._choice(rule, definition, document)
        if rule == "unknown_property":
            full = self.prefixes.full_name(names[0])
            told: dict[str, Json] = {"property": [full], "type": self.prefixes.full_name(definition.name)}
            return {"@type": _KINDS[rule], "document": self._telling.document(document), **told}
        if rule not in {"required", "cardinality"}:
            return None
        return self._counted(rule, definition, document, names[0])

    def _counted(
        self, rule: str, definition: ClassDefinition, document: Mapping[str, Json], name: str
    ) -> dict[str, Json]:
        """A property with too few values, or too many; those before it have been read."""
        each, read = definition.properties[name], [other for other in definition.properties if other < name]
        witness: dict[str, Json] = {"@type": _KINDS[rule], "field": self.prefixes.full_name(name)}
        if rule == "required":
            return {**witness, "document": self._telling.document(document, definition, read)}
        given = document.get(name, [])
        shown = self._telling.document({**document, name: given}, definition, read)
        most: Json = "inf" if each.max_count is None else each.max_count
        actual = len(given) if isinstance(given, list) else 1
        return {**witness, "document": shown, "actual": actual, "min": each.min_count, "max": most}

    def _choice(self, rule: str, definition: ClassDefinition, document: Mapping[str, Json]) -> dict[str, Json]:
        """The first choice that is not made once; those before it have been read."""
        read: list[str] = []
        for choice in sorted(sorted(each) for each in definition.choices):
            if sum(name in document for name in choice) != 1:
                shown = self._telling.document(document, definition, read)
                return {"@type": _KINDS[rule], "choice": self._telling.choice(definition, choice), "document": shown}
            read += choice
        return {"@type": _KINDS[rule], "document": self._telling.document(document)}

    def _inside(
        self, rule: str, definition: ClassDefinition, document: Mapping[str, Json], names: list[str]
    ) -> dict[str, Json] | None:
        each, value, steps = definition.properties.get(names[0]), document.get(names[0]), names[1:]
        is_element = False
        while isinstance(value, list) and steps and steps[0].isdecimal() and int(steps[0]) < len(value):
            value, steps, is_element = value[int(steps[0])], steps[1:], True
        if each is None or not isinstance(value, dict):
            return None
        inner = self.written.definition(value) or self.written.schema.classes.get(each.range.name)
        reason = self._of_members(rule, inner, value, steps) if inner is not None else None
        if reason is None:
            return None
        witness: Json = reason
        if "@type" not in value:
            witness = {"@type": "no_unique_type_for_document", "document": value, "reason": reason}
        return {self.prefixes.full_name(names[0]): [witness] if is_element else witness}

    def _without_class(self, document: dict[str, Json]) -> dict[str, Json]:
        """A document that names no class; where only one has its properties, with what that one lacks."""
        told: dict[str, Json] = {"@type": _KINDS["type_missing"], "document": document}
        given = {name for name in document if not name.startswith("@")}
        classes = self.written.schema.classes.values()
        fitting = [each for each in classes if not each.is_abstract and given <= each.properties.keys()]
        if len(fitting) != 1:
            return told
        elaborated = elaborate(self.written.schema, {**document, "@type": fitting[0].name})
        for violation in self.in_order(elaborated.violations):
            reason = self._of_members(violation.rule, fitting[0], document, place_of(violation)[1])
            if reason is not None:
                return {**told, "reason": reason}
        return told

    def _unknown_class(self, name: str, document: dict[str, Json]) -> dict[str, Json]:
        full = self.prefixes.full_name(name)
        if self.prefixes.short_name(name) in self.written.schema.enums:
            return {"@type": _KINDS["enum_value"], "enum": full, "value": self._telling.document(document)}
        return {"@type": _KINDS["unknown_class"], "ascribed_type": full, "document": document}

    def _told(
        self, violation: Violation, subject: str, each: Property, names: list[str], document: dict[str, Json]
    ) -> Json:
        kinds: Mapping[str, Callable[[Property, Json], Json]] = {
            "wrong_type": self._values.wrong_type,
            "enum_value": self._values.enum_value,
        }
        value, predicate = value_at(document, names), self.prefixes.full_name(each.name)
        if violation.rule == "array_dimensions":
            array = document[each.name]
            return {"@type": _KINDS[violation.rule], "array": array, "dimensions": each.dimensions}
        if violation.rule == "wrong_class" and isinstance(value, dict):
            return {predicate: self._values.not_subsumed(each, value)}
        if violation.rule == "reference":
            places = [name for name in names if not name.isdecimal()]
            holder = self.written.holder(subject, places, self.prefixes.short_id(str(value)))
            target, subject = self.prefixes.full_id(str(value)), self.prefixes.full_id(holder)
            predicate = self.prefixes.full_name(places[-1])
            return {"@type": _KINDS[violation.rule], "object": target, "predicate": predicate, "subject": subject}
        if violation.rule not in kinds:
            return None
        if isinstance(value, list) and each.range.kind is RangeKind.DATATYPE:
            return {"@type": "unexpected_list", "type": self.prefixes.full_name(each.range.name), "value": value}
        witness = kinds[violation.rule](each, value)
        return {predicate: [witness] if len(names) > 1 else witness}

    def _placed(self, violation: Violation, subject: str, names: list[str]) -> Json:
        witness: dict[str, Json] = {"@type": _KINDS.get(violation.rule, violation.rule)}
        if "/" in subject:
            witness["instance"] = self.prefixes.full_id(subject)
        elif subject:
            witness["class"] = self.prefixes.full_name(subject)
        if names:
            witness["predicate"] = names[0] if names[0].startswith("@") else self.prefixes.full_name(names[0])
        return witness
