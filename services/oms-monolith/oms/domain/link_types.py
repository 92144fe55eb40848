"""Link types: what may lead from objects of one type to objects of another."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from oms.domain.object_types import DomainModel, ObjectType, PropertyName, Text, TypeName


class Cardinality(StrEnum):
    """How many targets one source may have."""

    ONE = "one"
    MANY = "many"


class LinkType(DomainModel):
    """A named connection from objects of `source_type` to objects of `target_type`.

    In the store it is a reference property of the source's class, of the same name. `inverse` is the name by which the
    target sees its sources. `required` asks every source for its one target. Names are unique on their branch.
    """

    name: PropertyName
    source_type: TypeName
    target_type: TypeName
    cardinality: Cardinality = Cardinality.ONE
    inverse: PropertyName | None = None
    required: bool = False
    description: Text = ""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.required and self.cardinality is Cardinality.MANY:
            raise ValueError("required is for cardinality one: a set of targets may always be empty")
        if self.inverse == self.name and self.source_type == self.target_type:
            raise ValueError("inverse: within one type it is another name than the link's own")
        return self


def why_unfit(link: LinkType, others: Iterable[LinkType], types: Iterable[ObjectType]) -> str | None:
    """What keeps the link from standing beside the branch's other links and types; `None` where nothing does."""
    by_name = {each.name: each for each in types}
    if link.target_type not in by_name:
        return f"targetType: there is no object type {link.target_type!r}"
    if link.name in _names_of(by_name[link.source_type], others):
        return f"name: {link.source_type} has {link.name!r} already"
    if link.inverse is not None and link.inverse in _names_of(by_name[link.target_type], others):
        return f"inverse: {link.target_type} has {link.inverse!r} already"
    return None


def _names_of(object_type: ObjectType, links: Iterable[LinkType]) -> set[str]:
    """Every name that leads from objects of the type to a value or to another object."""
    names = {each.name for each in object_type.properties}
    for each in links:
        if each.source_type == object_type.name:
            names.add(each.name)
        if each.target_type == object_type.name and each.inverse is not None:
            names.add(each.inverse)
    return names
