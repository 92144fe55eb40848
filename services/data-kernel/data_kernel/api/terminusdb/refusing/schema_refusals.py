"""What refused a change of the schema graph, told as TerminusDB tells it.

A class that TerminusDB cannot read is an error of its own kind; classes that do not hold together, and stored documents
that they would break, are witnesses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from data_kernel.api.terminusdb.classes.prefixes import STANDARD, Prefixes
from data_kernel.api.terminusdb.refusing.refusals import Refusal
from data_kernel.api.terminusdb.refusing.stored_witnesses import StoredWitnesses
from data_kernel.domain.frames import ClassDocuments
from shared.canonical import Json, encode
from shared.errors import OmsError, ValidationFailed, Violation

Told = tuple[str, dict[str, Json]]
"""The kind of an error, or of a witness, and its members."""


@dataclass(frozen=True)
class Place:
    """Where a violation stands: in which class document, by which steps, and what is there."""

    name: str
    steps: tuple[str, ...]
    document: Mapping[str, Json]

    @classmethod
    def of(cls, violation: Violation, classes: ClassDocuments) -> "Place":
        """The place that a violation's path names."""
        name, _, pointer = violation.path.partition("#")
        steps = tuple(each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:])
        return cls(name, steps, classes.get(name, {}))

    @cached_property
    def value(self) -> Json:
        """What is there."""
        value: Json = dict(self.document)
        for step in self.steps:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
        return value


def missing_field(cause: OmsError, name: str, document: Json) -> Refusal:
    """A class document lacks what each has."""
    members: dict[str, Json] = {"api:field": name, "api:document": document}
    text = f"Missing '{name}' field in submitted document."
    return Refusal(cause, kind="api:MissingField", members=members, text=text)


def inserting_context(cause: OmsError, document: Json) -> Refusal:
    """The context is there in every schema graph, so that it is replaced and never inserted."""
    text = "Inserting contexts is not allowed without using a 'full replace'."
    return Refusal(cause, kind="api:InsertingContext", members={"api:document": document}, text=text)


def schema_refusal(
    error: ValidationFailed, prefixes: Prefixes, classes: ClassDocuments, stored: StoredWitnesses
) -> Refusal:
    """The refusal of a change that would leave `classes`, where `stored` knows the documents that they would break."""
    for violation in error.violations:
        told = _unreadable(violation.rule, Place.of(violation, classes))
        if told is not None:
            return Refusal(error, kind=told[0], members=told[1])
    telling = _Witnesses(prefixes, classes)
    witnesses: list[Json] = [stored.of(each) or telling.of(each) for each in error.violations]
    return Refusal(
        error, kind="api:SchemaCheckFailure", members={"api:witnesses": witnesses}, text="Schema check failure"
    )


def _unreadable(rule: str, place: Place) -> Told | None:
    """The kind of error that TerminusDB has for a class document that it cannot read."""
    make = _UNREADABLE.get(rule)
    return make(place) if make is not None else None


def _unknown_word(place: Place) -> Told | None:
    document = dict(place.document)
    if place.steps == ("@type",) and "@type" not in document:
        return "api:MissingField", {"api:field": "@type", "api:document": document}
    if place.steps == ("@key",):
        kind, told = _key_word(place.value)
        return kind, {"api:document": document, **told}
    return "api:UnknownSchemaType", {"api:type": place.value}


def _key_word(key: Json) -> Told:
    if not isinstance(key, dict):
        return "api:DocumentKeyNotObject", {"api:key_value": key}
    if "@type" not in key:
        return "api:DocumentKeyTypeMissing", {"api:key": encode(key).decode()}
    return "api:DocumentKeyTypeUnknown", {"api:key_type": key["@type"]}


def _unsupported(place: Place) -> Told | None:
    last = place.steps[-1] if place.steps else ""
    if last == "@type":
        return _unknown_word(place)
    if len(place.steps) == 1 and last.startswith("@"):
        members: dict[str, Json] = {"api:document": dict(place.document), "api:property": last}
        return "api:AtPrefixedPropertiesNotSupported", members
    if isinstance(place.value, dict) and not isinstance(place.value.get("@class"), str):
        return "api:UnknownSchemaType", {"api:type": place.value.get("@type")}
    return None


def _key(place: Place) -> Told | None:
    if place.steps != ("@key", "@fields"):
        return None
    document: dict[str, Json] = {"api:document": dict(place.document)}
    if place.value == []:
        return "api:KeyFieldsIsEmpty", document
    if place.value is not None:
        return "api:KeyFieldsNotAnArray", document | {"api:fields": place.value}
    key = place.document.get("@key")
    kind = key.get("@type") if isinstance(key, dict) else None
    return "api:KeyMissingFields", document | {"api:key_type": kind}


def _enum_values(place: Place) -> Told | None:
    return "api:InvalidEnumValues", {"api:document": dict(place.document)}


def _reserved_name(place: Place) -> Told | None:
    return "api:DocumentInsertionReservedName", {"api:id": place.value}


def _raw_range(place: Place) -> Told | None:
    return "api:JSONDocumentInvalidRangeError", {"api:field": place.steps[-1]}


def _language_missing(place: Place) -> Told | None:
    return "api:NoLanguageTagForMultilingual", {"api:document": dict(place.document)}


def _language_repeated(place: Place) -> Told | None:
    return "api:LanguageTagsRepeated", {"api:document": dict(place.document), "api:languages": [place.value]}


def _unknown_language(place: Place) -> Told | None:
    return "api:UnknownLanguageTag", {"api:document": dict(place.document), "api:language": place.value}


_UNREADABLE: Mapping[str, Callable[[Place], Told | None]] = {
    "unknown_word": _unknown_word,
    "unsupported": _unsupported,
    "key": _key,
    "enum_values": _enum_values,
    "language_missing": _language_missing,
    "language_repeated": _language_repeated,
    "raw_range": _raw_range,
    "reserved_name": _reserved_name,
    "unknown_language": _unknown_language,
}


@dataclass(frozen=True, slots=True)
class _Witnesses:
    """Witnesses of classes that do not hold together."""

    prefixes: Prefixes
    classes: ClassDocuments

    def of(self, violation: Violation) -> Json:
        makers: Mapping[str, Callable[[Place], Told]] = {
            "unknown_type": self._unknown_type,
            "unsupported": self._unknown_type,
            "key": self._key_field,
            "unknown_parent": self._unknown_parent,
            "inheritance_cycle": self._cycle,
            "diamond": self._diamond,
            "documentation": self._documentation,
        }
        place, make = Place.of(violation, self.classes), makers.get(violation.rule)
        kind, members = make(place) if make is not None else (violation.rule, self._placed(place))
        return {"@type": kind, **members}

    def _placed(self, place: Place) -> dict[str, Json]:
        member = place.steps[0] if place.steps else ""
        predicate = member if member.startswith("@") else self.prefixes.full_name(member)
        full: dict[str, Json] = {"class": self.prefixes.full_name(place.name)}
        return full | ({"predicate": predicate} if member else {})

    def _unknown_type(self, place: Place) -> Told:
        named = place.value.get("@class") if isinstance(place.value, dict) else place.value
        return "not_a_class_or_base_type", {"class": self.prefixes.full_name(str(named))}

    def _key_field(self, place: Place) -> Told:
        key = place.document.get("@key")
        kind, fields = (str(key.get("@type")), key.get("@fields")) if isinstance(key, dict) else ("", [])
        joined = "+".join(str(each) for each in fields) if isinstance(fields, list) else ""
        name = self.prefixes.full_name(place.name)
        return "key_field_does_not_exist", {
            "class": name,
            "field": self.prefixes.full_name(str(place.value)),
            "key": f"{name}/key/{kind}/{joined}",
            "type": f"{STANDARD['sys']}{kind}",
        }

    def _unknown_parent(self, place: Place) -> Told:
        above = self.prefixes.full_name(str(place.value))
        return "inherits_from_non_existent_class", {"class": self.prefixes.full_name(place.name), "super": above}

    def _cycle(self, place: Place) -> Told:
        end = self.prefixes.full_name(place.name)
        path: list[Json] = [self.prefixes.full_name(each) for each in self._way_back(place.name)]
        return "cycle_in_class", {"from_class": end, "to_class": end, "path": path}

    def _way_back(self, name: str) -> list[str]:
        """A shortest way by inheritance from a class to itself."""
        ways, seen = [[name]], set[str]()
        for way in ways:
            given = self.classes.get(way[-1], {}).get("@inherits", [])
            for parent in given if isinstance(given, list) else [given]:
                if parent == name:
                    return [*way, name]
                if isinstance(parent, str) and parent not in seen:
                    seen.add(parent)
                    ways.append([*way, parent])
        return [name]

    def _diamond(self, place: Place) -> Told:
        return "violation_of_diamond_property", {
            "class": self.prefixes.full_name(place.name),
            "predicate": place.steps[0],
        }

    def _documentation(self, place: Place) -> Told:
        name = self.prefixes.full_name(place.name)
        _, *inner = place.steps
        index = inner.pop(0) if inner and inner[0].isdecimal() else "0"
        subject = f"{name}/{index}/documentation/Documentation"
        match inner:
            case ["@properties", each]:
                kind, named, below = "invalid_property_in_property_documentation_object", "predicate", "properties"
                told = self.prefixes.full_name(each)
            case ["@values", each]:
                kind, named, below = "invalid_enum_in_documentation_object", "value", "values"
                told = f"{name}/{each}"
            case _:
                return "not_a_valid_documentation_object", {"class": name, "subject": subject}
        return kind, {named: told, "class": name, "subject": f"{subject}/{below}/{inner[1]}"}
