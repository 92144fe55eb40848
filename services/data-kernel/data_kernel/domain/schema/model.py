"""The class language of a schema graph, as far as it is offered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

CONTEXT_ID = "@context"
"""Id of the context document in the schema graph."""

JSON_TYPE = "sys:JSON"

DATATYPES = frozenset(
    {
        "xsd:string",
        "xsd:integer",
        "xsd:decimal",
        "xsd:double",
        "xsd:boolean",
        "xsd:dateTime",
        "xsd:base64Binary",
    }
)


class Family(StrEnum):
    """How many values a property has; the names are the class language's, save for the plain property's."""

    REQUIRED = "Required"
    OPTIONAL = "Optional"
    SET = "Set"
    LIST = "List"


class RangeKind(StrEnum):
    """What a property's values are."""

    DATATYPE = "datatype"
    JSON = "json"
    ENUM = "enum"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class Range:
    """The type of a property's values: `name` is the datatype (`xsd:string`), `sys:JSON`, the enum or the class."""

    kind: RangeKind
    name: str


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a class."""

    name: str
    family: Family
    range: Range


class KeyKind(StrEnum):
    """How a class makes the ids of its documents; without a key ids are random, as with `Random`."""

    RANDOM = "Random"
    LEXICAL = "Lexical"


@dataclass(frozen=True, slots=True)
class Key:
    """The key of a class; `fields` are the properties that a lexical id is made of."""

    kind: KeyKind = KeyKind.RANDOM
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassDefinition:
    """A class of documents; `properties` by name."""

    name: str
    key: Key = Key()
    properties: Mapping[str, Property] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnumDefinition:
    """A closed list of texts, in the order given."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema graph that holds together: every type that a property names is there.

    `base` and `namespace` are the context's `@base` and `@schema`, the beginnings of full ids and full class names.
    """

    base: str
    namespace: str
    classes: Mapping[str, ClassDefinition]
    enums: Mapping[str, EnumDefinition]

    def users_of_enum(self, name: str) -> frozenset[str]:
        """Names of the classes with a property of that enum."""
        wanted = Range(RangeKind.ENUM, name)
        return frozenset(
            definition.name
            for definition in self.classes.values()
            if any(each.range == wanted for each in definition.properties.values())
        )
