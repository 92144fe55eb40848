"""The operations of a migration on the properties of a class: made, moved, deleted, given another type."""

from data_kernel.domain.migration.class_documents import (
    Classes,
    Impossible,
    defined,
    moved_property,
    own_type,
    without_property,
)
from data_kernel.domain.migration.effects import Document, Effect, Unconvertible
from data_kernel.domain.migration.types import PropertyType
from data_kernel.domain.schema import Family
from data_kernel.domain.shapes import Shapes
from data_kernel.domain.validation.mismatch import Mismatch
from shared.canonical import Json


class NotWeaker(Exception):
    """The type that a property is to be given does not have all the values that it may have now."""


def delete_property(name: str, member: str, classes: Classes) -> Effect:
    """A property goes, and its values with it."""
    after = {**classes, name: without_property(defined(classes, name), member)}
    return Effect(after, name, lambda stored: {each: value for each, value in stored.items() if each != member})


def create_property(name: str, member: str, given: Json, default: Json, classes: Classes) -> Effect:
    """A property is new; documents are given the default, an absent one being none (of a list, the empty list)."""
    document, wanted = defined(classes, name), PropertyType.read(given)
    if member in document:
        raise Impossible
    if default is None and wanted is not None and wanted.family is Family.LIST:
        default = []
    first: Document = {} if default is None else {member: default}
    return Effect({**classes, name: {**document, member: given}}, name, lambda stored: first | stored)


def move_property(name: str, member: str, to: str, classes: Classes) -> Effect:
    """A property gets another name, also where it is part of the key or documented."""
    after = {**classes, name: moved_property(defined(classes, name), member, to)}
    return Effect(after, name, lambda stored: {to if each == member else each: value for each, value in stored.items()})


def upcast_property(name: str, member: str, given: Json, classes: Classes) -> Effect:
    """A property gets a type that has all the values of the one it had."""
    wanted = PropertyType.read(given)
    if wanted is None or not wanted.is_weaker_than(own_type(classes, name, member), Shapes(classes)):
        raise NotWeaker
    return cast_property(name, member, given, None, classes)


def cast_property(name: str, member: str, given: Json, default: Json, classes: Classes) -> Effect:
    """A property gets another type; a value that cannot be cast becomes the default, or without one is refused."""
    before, after = own_type(classes, name, member), PropertyType.read(given)
    if after is None:
        raise Impossible

    def rewrite(stored: Document) -> Document:
        if member not in stored:
            return stored
        value = _converted(stored[member], before, after, default, member)
        rest = {each: kept for each, kept in stored.items() if each != member}
        return rest if value is None else {**rest, member: value}

    typed = {**classes, name: {**defined(classes, name), member: given}}
    return Effect(typed, name, rewrite, settled=frozenset({member}))


def _converted(value: Json, before: PropertyType, after: PropertyType, default: Json, member: str) -> Json:
    """A property's value brought from one type to another."""
    try:
        return after.stored([after.cast(each) for each in before.values(value)])
    except Mismatch as mismatch:
        if default is None:
            raise Unconvertible(member, mismatch.message) from mismatch
        return default
