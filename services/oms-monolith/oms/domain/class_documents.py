"""Object types as class documents of the store's schema graph (TerminusDB's class language), and back.

A type is one class document, and one more for each enumerated property (`Movie_genre`). What the class language cannot
say (the order of properties, searchable, PII, deprecated) stands in `@metadata` under `oms`. A link type is a reference
property of its source's class that `links` in there names. Both ways together lose nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from oms.domain.link_types import Cardinality, LinkType
from oms.domain.object_types import BaseType, ObjectType, Property
from shared.canonical import Json

Class = dict[str, Json]
_STORED_AS = {
    BaseType.STRING: "xsd:string",
    BaseType.INTEGER: "xsd:integer",
    BaseType.DECIMAL: "xsd:decimal",
    BaseType.DOUBLE: "xsd:double",
    BaseType.BOOLEAN: "xsd:boolean",
    BaseType.DATETIME: "xsd:dateTime",
    BaseType.BYTES: "xsd:base64Binary",
    BaseType.JSON: "sys:JSON",
}
_BASE_TYPES = {stored: base for base, stored in _STORED_AS.items()}
_MARKS = ("searchable", "pii", "deprecated")
_METADATA = "oms"


def enum_name(type_name: str, property_name: str) -> str:
    """The class that holds an enumerated property's values."""
    return f"{type_name}_{property_name}"


def to_classes(object_type: ObjectType, links: Sequence[LinkType] = ()) -> list[Class]:
    """The class documents of a type and the links that begin there: its enumerations, then the class itself."""
    enums: list[Class] = [
        {"@type": "Enum", "@id": enum_name(object_type.name, each.name), "@value": list(each.enum)}
        for each in object_type.properties
        if each.enum
    ]
    key: Class = {"@type": "Random"}
    if object_type.primary_key:
        key = {"@type": "Lexical", "@fields": list(object_type.primary_key)}
    document: Class = {"@type": "Class", "@id": object_type.name, "@key": key}
    document |= {each.name: _range(object_type.name, each) for each in object_type.properties}
    document |= {each.name: _link_range(each) for each in links}
    document["@documentation"] = {"@comment": object_type.description, "@label": object_type.display_name}
    notes: Class = {"properties": [_metadata(each) for each in object_type.properties]}
    if links:
        notes["links"] = [_link_metadata(each) for each in links]
    document["@metadata"] = {_METADATA: notes}
    return [*enums, document]


def _range(type_name: str, each: Property) -> Json:
    class_name = enum_name(type_name, each.name) if each.enum else each.target_type or _STORED_AS[each.base_type]
    if each.required:
        return class_name
    family = "Set" if each.array else "List" if each.ordered else "Optional"
    return {"@type": family, "@class": class_name}


def _link_range(link: LinkType) -> Json:
    if link.required:
        return link.target_type
    family = "Set" if link.cardinality is Cardinality.MANY else "Optional"
    return {"@type": family, "@class": link.target_type}


def _metadata(each: Property) -> Json:
    marks: Class = {mark: True for mark in _MARKS if getattr(each, mark)}
    return {"name": each.name, **marks, **({"description": each.description} if each.description else {})}


def _link_metadata(link: LinkType) -> Json:
    told = {"inverse": link.inverse, "description": link.description}
    return {"name": link.name, **{name: value for name, value in told.items() if value}}


def from_classes(classes: Iterable[Class]) -> list[ObjectType]:
    """The object types of a schema graph in order of name; its context and enumerations are no types of their own."""
    by_name = {str(each["@id"]): each for each in classes if "@id" in each}
    types = (each for each in by_name.values() if each["@type"] == "Class")
    return sorted((_object_type(each, by_name) for each in types), key=lambda each: each.name)


def links_from_classes(classes: Iterable[Class]) -> list[LinkType]:
    """The link types of a schema graph in order of name."""
    found = [link for document in classes if document.get("@type") == "Class" for link in _links(document)]
    return sorted(found, key=lambda each: each.name)


def _links(document: Class) -> list[LinkType]:
    notes = _notes(document, "links")
    return [_link(str(document["@id"]), name, document[name], notes[name]) for name in notes if name in document]


def _link(source_type: str, name: str, stored: Json, notes: Class) -> LinkType:
    family = stored.get("@type") if isinstance(stored, dict) else None
    inverse = notes.get("inverse")
    return LinkType.model_construct(
        name=name,
        source_type=source_type,
        target_type=str(stored["@class"]) if isinstance(stored, dict) else str(stored),
        cardinality=Cardinality.MANY if family in {"Set", "List"} else Cardinality.ONE,
        inverse=str(inverse) if inverse else None,
        required=family is None,
        description=str(notes.get("description", "")),
    )


def _object_type(document: Class, classes: Mapping[str, Class]) -> ObjectType:
    name = str(document["@id"])
    documentation = _object(document.get("@documentation"))
    key = _object(document.get("@key"))
    notes = _notes(document, "properties")
    links = _notes(document, "links")
    stored = [member for member in document if not member.startswith("@") and member not in links]
    ordered = [member for member in notes if member in stored]
    members = [*ordered, *(member for member in stored if member not in notes)]
    # Not validated: what the store holds is shown, also where this door would not have taken it.
    return ObjectType.model_construct(
        name=name,
        display_name=str(documentation.get("@label", "")),
        description=str(documentation.get("@comment", "")),
        primary_key=tuple(map(str, cast("list[Json]", key.get("@fields", [])))),
        properties=tuple(_property(each, document[each], notes.get(each, {}), classes) for each in members),
    )


def _property(name: str, stored: Json, notes: Class, classes: Mapping[str, Class]) -> Property:
    family = str(stored["@type"]) if isinstance(stored, dict) else ""
    class_name = str(stored["@class"]) if isinstance(stored, dict) else str(stored)
    enum: list[Json] = []
    base_type = _BASE_TYPES.get(class_name, BaseType.REFERENCE)
    if base_type is BaseType.REFERENCE and classes.get(class_name, {}).get("@type") == "Enum":
        base_type, enum = BaseType.STRING, cast("list[Json]", classes[class_name]["@value"])
    return Property.model_construct(
        name=name,
        base_type=base_type,
        required=not family,
        array=family == "Set",
        ordered=family == "List",
        enum=tuple(map(str, enum)),
        target_type=class_name if base_type is BaseType.REFERENCE else None,
        searchable=bool(notes.get("searchable")),
        pii=bool(notes.get("pii")),
        deprecated=bool(notes.get("deprecated")),
        description=str(notes.get("description", "")),
    )


def _notes(document: Class, about: str) -> dict[str, Class]:
    own = _object(_object(document.get("@metadata")).get(_METADATA))
    return {str(each["name"]): each for each in cast("list[Class]", own.get(about, []))}


def _object(value: Json) -> Class:
    return value if isinstance(value, dict) else {}
