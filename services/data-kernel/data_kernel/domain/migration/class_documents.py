"""Changing class documents one property at a time."""

from collections.abc import Callable, Mapping

from data_kernel.domain.migration.types import PropertyType
from shared.canonical import Json

Classes = Mapping[str, dict[str, Json]]
"""The documents of a schema graph by name, the context among them."""


class Impossible(Exception):
    """What an operation is about is not there, or what it makes is there already."""


def defined(classes: Classes, name: str) -> dict[str, Json]:
    """The document of a class; `Impossible`."""
    if name not in classes or name.startswith("@"):
        raise Impossible
    return classes[name]


def own_type(classes: Classes, name: str, member: str) -> PropertyType:
    """The type of a class's own property; `Impossible`."""
    document = defined(classes, name)
    read = None if member.startswith("@") else PropertyType.read(document.get(member))
    if read is None:
        raise Impossible
    return read


def without_property(document: dict[str, Json], member: str) -> dict[str, Json]:
    """The class without a property and its documentation; `Impossible`."""
    if member.startswith("@") or member not in document:
        raise Impossible
    left = {name: value for name, value in document.items() if name != member}
    return _with_documented(left, lambda each: None if each == member else each)


def moved_property(document: dict[str, Json], member: str, to: str) -> dict[str, Json]:
    """The class with another name for a property, in its key and its documentation too; `Impossible`."""
    if member.startswith("@") or to.startswith("@") or member not in document or to in document:
        raise Impossible
    moved = {to if name == member else name: value for name, value in document.items()}
    key = moved.get("@key")
    fields = key.get("@fields") if isinstance(key, dict) else None
    if isinstance(key, dict) and isinstance(fields, list):
        moved["@key"] = {**key, "@fields": [to if each == member else each for each in fields]}
    return _with_documented(moved, lambda each: to if each == member else each)


def _with_documented(document: dict[str, Json], rename: Callable[[str], str | None]) -> dict[str, Json]:
    """The class with the documentation of its properties under their new names; what has none any more is left out."""

    def renamed(documentation: Json) -> Json:
        properties = documentation.get("@properties") if isinstance(documentation, dict) else None
        if not isinstance(documentation, dict) or not isinstance(properties, dict):
            return documentation
        pairs = ((rename(name), each) for name, each in properties.items())
        return {**documentation, "@properties": {name: each for name, each in pairs if name is not None}}

    if "@documentation" not in document:
        return document
    given = document["@documentation"]
    told = [renamed(each) for each in given] if isinstance(given, list) else renamed(given)
    return {**document, "@documentation": told}
