"""The class language of a schema graph, as far as it is offered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from data_kernel.domain.prefixes import Prefixes

CONTEXT_ID = "@context"
"""Id of the context document in the schema graph."""

JSON_TYPE = "sys:JSON"
RAW_CLASS = "JSONDocument"
"""The class of raw JSON documents, which no schema graph has and no property refers to (`sys:JSONDocument`)."""
UNIT_TYPE = "sys:Unit"

_XSD_EXACT_NUMBERS = (
    *("integer", "decimal"),
    *("byte", "short", "int", "long", "unsignedByte", "unsignedShort", "unsignedInt", "unsignedLong"),
    *("positiveInteger", "nonNegativeInteger", "negativeInteger", "nonPositiveInteger"),
)
EXACT_NUMBERS = frozenset(f"xsd:{name}" for name in _XSD_EXACT_NUMBERS)
"""Datatypes whose values are decimal numbers: each is a part of `xsd:decimal`."""
_XSD_DATATYPES = (
    *("string", "boolean", "double", "float", *_XSD_EXACT_NUMBERS),
    *("date", "time", "dateTime", "dateTimeStamp", "gYear", "gMonth", "gDay", "gYearMonth", "gMonthDay"),
    *("duration", "yearMonthDuration", "dayTimeDuration", "hexBinary", "base64Binary"),
    *("anyURI", "language", "normalizedString", "token", "NMTOKEN", "Name", "NCName", "anySimpleType"),
)
_XDD_DATATYPES = (
    *("coordinate", "coordinatePolygon", "coordinatePolyline", "email", "url", "html", "json"),
    *("dateRange", "gYearRange", "integerRange", "decimalRange", "dateTimeInterval"),
)
DATATYPES = frozenset((*(f"xsd:{name}" for name in _XSD_DATATYPES), *(f"xdd:{name}" for name in _XDD_DATATYPES)))


class Family(StrEnum):
    """How many values a property has; the names are the class language's, save for the plain property's."""

    REQUIRED = "Required"
    OPTIONAL = "Optional"
    SET = "Set"
    LIST = "List"
    ARRAY = "Array"
    CARDINALITY = "Cardinality"


class RangeKind(StrEnum):
    """What a property's values are."""

    DATATYPE = "datatype"
    JSON = "json"
    UNIT = "unit"
    ENUM = "enum"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class Range:
    """The type of a property's values: `name` is the datatype (`xsd:string`), `sys:JSON`, the enum or the class.

    A unit (`sys:Unit`) has one value, `[]`, and says only that its property is there.
    """

    kind: RangeKind
    name: str


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a class.

    A `Cardinality` has from `min_count` to `max_count` different values (`None`: no bound); an `Array` is lists of
    lists, `dimensions` deep.
    """

    name: str
    family: Family
    range: Range
    min_count: int = 0
    max_count: int | None = None
    dimensions: int = 1
    is_single: bool = field(init=False, repr=False, compare=False)
    """Whether its value stands alone."""
    is_needed: bool = field(init=False, repr=False, compare=False)
    """Whether each document has it."""
    is_unordered: bool = field(init=False, repr=False, compare=False)
    """Whether the order of its values says nothing."""
    is_literal: bool = field(init=False, repr=False, compare=False)
    """Whether its values are of a datatype."""
    may_hold_documents: bool = field(init=False, repr=False, compare=False)
    """Whether its values are documents: references to them, or subdocuments."""

    def __post_init__(self) -> None:
        # Told once: every value of every document asks, and a look into an enum is what would cost most there.
        for name, told in (
            ("is_single", self.family in {Family.REQUIRED, Family.OPTIONAL}),
            ("is_needed", self.family in {Family.REQUIRED, Family.LIST}),
            ("is_unordered", self.family in {Family.SET, Family.CARDINALITY}),
            ("is_literal", self.range.kind is RangeKind.DATATYPE),
            ("may_hold_documents", self.range.kind is RangeKind.CLASS),
        ):
            object.__setattr__(self, name, told)


class KeyKind(StrEnum):
    """How a class makes the ids of its documents; without a key ids are random, as with `Random`."""

    RANDOM = "Random"
    LEXICAL = "Lexical"
    HASH = "Hash"
    VALUE_HASH = "ValueHash"


@dataclass(frozen=True, slots=True)
class Key:
    """The key of a class; `fields` are the properties that a lexical or hashed id is made of."""

    kind: KeyKind = KeyKind.RANDOM
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassDefinition:
    """A class of documents, with all that it inherits.

    `properties` by name; of each of the `choices` a document has exactly one property. `ancestors` are the classes that
    it inherits from at any distance. An abstract class has no documents of its own; those of a subdocument class stand
    inside of others, and live and die with them. Ids begin with `base`.
    """

    name: str
    key: Key = Key()
    properties: Mapping[str, Property] = field(default_factory=dict)
    choices: frozenset[frozenset[str]] = frozenset()
    ancestors: frozenset[str] = frozenset()
    is_abstract: bool = False
    is_subdocument: bool = False
    base: str = ""

    @property
    def id_prefix(self) -> str:
        """What the ids of its documents begin with: its own `@base`, else its name and a slash."""
        return self.base or f"{self.name}/"

    def is_a(self, name: str) -> bool:
        """Whether its documents may stand where one of that class is asked for."""
        return name == self.name or name in self.ancestors


@dataclass(frozen=True, slots=True)
class EnumDefinition:
    """A closed list of texts, in the order given."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema graph that holds together: every type that a property names is there."""

    prefixes: Prefixes
    classes: Mapping[str, ClassDefinition]
    enums: Mapping[str, EnumDefinition]

    @property
    def base(self) -> str:
        """What full ids begin with: the context's `@base`."""
        return self.prefixes.base

    @property
    def namespace(self) -> str:
        """What full names begin with: the context's `@schema`."""
        return self.prefixes.schema

    def holds(self, class_name: str, wanted: str) -> bool:
        """Whether a document of the one class may stand where one of the other is asked for."""
        definition = self.classes.get(class_name)
        return definition is not None and definition.is_a(wanted)

    def concrete(self, name: str) -> frozenset[str]:
        """Names of the classes whose documents may stand where one of that class is asked for."""
        return frozenset(each.name for each in self.classes.values() if not each.is_abstract and each.is_a(name))

    def users_of_enum(self, name: str) -> frozenset[str]:
        """Names of the classes with a property of that enum."""
        wanted = Range(RangeKind.ENUM, name)
        return frozenset(
            definition.name
            for definition in self.classes.values()
            if any(each.range == wanted for each in definition.properties.values())
        )
