"""Object types: the ontology as its users speak of it. JSON is camelCase at the edge, names are snake_case here."""

import re
from collections import Counter
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

TypeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]{0,127}$")]
"""A type's name: letters and digits, beginning with a letter. Without `_`, so that `Movie_genre` is never a type's."""

PropertyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,127}$")]
"""A property's name: letters, digits and `_`, beginning with a letter."""

Text = Annotated[str, StringConstraints(max_length=4096)]
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class BaseType(StrEnum):
    """What a property's values are."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    BYTES = "bytes"
    JSON = "json"
    REFERENCE = "reference"


KEY_TYPES = {BaseType.STRING, BaseType.INTEGER, BaseType.DECIMAL, BaseType.BOOLEAN, BaseType.DATETIME}
"""What a primary key may be made of: what has one text for one value. (A double has not.)"""


class DomainModel(BaseModel):
    """Immutable, camelCase in JSON, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Property(DomainModel):
    """One property of an object type.

    `array` holds several values without order or repetition, `ordered` a sequence; otherwise there is one value, which
    `required` asks for. `enum` lists all values of a string. `target_type` is the type that a reference points to.
    """

    name: PropertyName
    base_type: BaseType
    required: bool = False
    array: bool = False
    ordered: bool = False
    enum: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=256)], ...], Field(max_length=1000)
    ] = ()
    target_type: TypeName | None = None
    searchable: bool = False
    pii: bool = False
    deprecated: bool = False
    description: Text = ""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.array and self.ordered:
            raise ValueError("array and ordered exclude each other")
        if self.required and (self.array or self.ordered):
            raise ValueError("required is for single values: an array or a sequence may always be empty")
        if self.enum and self.base_type is not BaseType.STRING:
            raise ValueError("enum is for strings")
        if len(set(self.enum)) < len(self.enum) or any(_CONTROL.search(value) for value in self.enum):
            raise ValueError("enum values are distinct and hold no control characters")
        if (self.base_type is BaseType.REFERENCE) != (self.target_type is not None):
            raise ValueError("targetType is for references, and every reference has one")
        return self


class ObjectType(DomainModel):
    """A type of objects.

    Objects are named by the values of `primary_key` (`Movie/Alien+1979`); without one they get random names.
    """

    name: TypeName
    display_name: Annotated[str, StringConstraints(max_length=256)] = ""
    description: Text = ""
    primary_key: Annotated[tuple[PropertyName, ...], Field(max_length=16)] = ()
    properties: Annotated[tuple[Property, ...], Field(max_length=1000)] = ()

    @model_validator(mode="after")
    def _key_is_sound(self) -> Self:
        if twice := [name for name, count in Counter(each.name for each in self.properties).items() if count > 1]:
            raise ValueError(f"properties: {', '.join(twice)} is there twice")
        by_name = {each.name: each for each in self.properties}
        if len(set(self.primary_key)) < len(self.primary_key):
            raise ValueError("primaryKey: a property is there twice")
        for name in self.primary_key:
            key = by_name.get(name)
            if key is None:
                raise ValueError(f"primaryKey: {name} is no property")
            if not key.required or key.base_type not in KEY_TYPES or key.enum:
                raise ValueError(f"primaryKey: {name} must be required, and a {', '.join(sorted(KEY_TYPES))}")
        return self
