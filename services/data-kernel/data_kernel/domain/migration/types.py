"""Types of properties as class documents write them, and values brought from one to another."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_kernel.domain.schema import Family
from data_kernel.domain.schema.subsumption import wider_datatypes
from data_kernel.domain.shapes import Shapes
from data_kernel.domain.validation.datatypes import NORMALISERS
from data_kernel.domain.validation.mismatch import Mismatch
from shared.canonical import Json, JsonNumber

_SINGLE = {Family.REQUIRED, Family.OPTIONAL}
_WEAKENINGS = {
    *((Family.REQUIRED, each) for each in (Family.OPTIONAL, Family.SET, Family.CARDINALITY)),
    *((Family.OPTIONAL, each) for each in (Family.SET, Family.CARDINALITY)),
    (Family.CARDINALITY, Family.SET),
}


@dataclass(frozen=True, slots=True)
class PropertyType:
    """The type of a property: a family of values of a datatype, an enum or a class."""

    family: Family
    name: str
    least: int = 0
    most: int | None = None
    dimensions: int = 1

    @classmethod
    def read(cls, value: Json) -> "PropertyType | None":
        """The type that stands in a class document; `None` where it is none."""
        if isinstance(value, str):
            return cls(Family.REQUIRED, value, 1, 1)
        word, name = (value.get("@type"), value.get("@class")) if isinstance(value, dict) else (None, None)
        if not isinstance(value, dict) or word not in _FAMILIES or not isinstance(name, str):
            return None
        exact = _number(value.get("@cardinality"))
        least, most = _number(value.get("@min_cardinality")), _number(value.get("@max_cardinality"))
        family = _FAMILIES[str(word)]
        if family is Family.OPTIONAL:
            exact, least, most = None, 0, 1
        return cls(
            family,
            name,
            least if least is not None else exact or 0,
            most if most is not None else exact,
            _number(value.get("@dimensions")) or 1,
        )

    def is_weaker_than(self, other: "PropertyType", shapes: Shapes) -> bool:
        """Whether every value that the other type allows is one that this allows."""
        if self.name not in {*wider_datatypes(other.name), *shapes.ancestors(other.name)}:
            return False
        if self.family is not other.family and (other.family, self.family) not in _WEAKENINGS:
            return False
        most = float("inf") if other.most is None else other.most
        allows_count = self.least <= other.least and (self.most is None or most <= self.most)
        return self.dimensions == other.dimensions and (self.family is not Family.CARDINALITY or allows_count)

    def values(self, value: Json) -> list[Json]:
        """The values that stand in a property of this type."""
        return value if isinstance(value, list) and self.family not in _SINGLE else [value]

    def stored(self, values: Sequence[Json]) -> Json:
        """The values as a property of this type has them, `None` for none; `Mismatch` where they are too many."""
        if self.family not in _SINGLE:
            return list(values)
        if len(values) > 1:
            raise Mismatch("The property has one value only.")
        return values[0] if values else None

    def cast(self, value: Json) -> Json:
        """A value in the datatype of this type, by its text where need be; `Mismatch` where it is none.

        References and values of enums are kept: whether they fit is for the classes to say.
        """
        normalise = NORMALISERS.get(self.name)
        if normalise is None:
            return value
        try:
            return normalise(value)
        except Mismatch:
            return _by_text(value, self.name)


_FAMILIES = {family.value: family for family in Family if family is not Family.REQUIRED}


def _by_text(value: Json, datatype: str) -> Json:
    try:
        return NORMALISERS[datatype](_text(value))
    except Mismatch as mismatch:
        raise Mismatch(f"The stored value cannot be cast to {datatype}.") from mismatch


def _text(value: Json) -> Json:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.text if isinstance(value, JsonNumber) else str(value) if isinstance(value, int) else value


def _number(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
