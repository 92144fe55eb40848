"""What of an object is searched: the texts of its searchable properties."""

from collections.abc import Iterable, Mapping, Sequence

from shared.canonical import Json, JsonNumber

_MAX_CHARS = 10_000
"""Of one object's text: the model reads some 1 000, and a document may have 32 MB."""


def searchable_properties(classes: Iterable[Json]) -> dict[str, tuple[str, ...]]:
    """By class: the properties marked searchable in `@metadata.oms.properties`, in that order; classes without any are
    left out."""
    found = {str(each["@id"]): _marked(each) for each in classes if isinstance(each, dict) and "@id" in each}
    return {name: properties for name, properties in found.items() if properties}


def _marked(document: Mapping[str, Json]) -> tuple[str, ...]:
    notes = _member(_member(document.get("@metadata"), "oms"), "properties")
    if not isinstance(notes, list):
        return ()
    return tuple(str(note["name"]) for note in notes if isinstance(note, dict) and note.get("searchable") is True)


def _member(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None


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
