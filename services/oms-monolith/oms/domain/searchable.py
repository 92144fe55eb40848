"""What of an object is searched: the texts of its searchable properties."""

from collections.abc import Iterable, Sequence

from oms.domain.object_types import ObjectType
from shared.canonical import Json, JsonNumber

_MAX_CHARS = 10_000
"""Of one object's text: the model reads some 1 000, and a document may have 32 MB."""

Searchable = dict[str, tuple[str, ...]]
"""By type: its searchable properties in the type's order; types without any are left out."""


def searchable_of(types: Iterable[ObjectType]) -> Searchable:
    """What is searchable in an ontology."""
    marked = {each.name: tuple(one.name for one in each.properties if one.searchable) for each in types}
    return {name: properties for name, properties in marked.items() if properties}


def text_of(document: Json, properties: Sequence[str]) -> str:
    """The values of these properties, one property a line; empty where there is nothing to search."""
    if not isinstance(document, dict):
        return ""
    lines = (_words(document.get(name)) for name in properties)
    return "\n".join(line for line in lines if line.strip())[:_MAX_CHARS]


def _words(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(words for each in value if (words := _words(each)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, JsonNumber):
        return value.text
    return str(value) if isinstance(value, str | int | float) else ""
