"""The text of lexical keys, as TerminusDB makes it."""

from data_kernel.domain.ids import ABSENT, FIELD_SEPARATOR, LIST_SEPARATOR, fragment
from data_kernel.domain.schema import ClassDefinition, Range, RangeKind, Schema
from shared.canonical import Json, JsonNumber


def lexical_key(schema: Schema, definition: ClassDefinition, values: dict[str, Json]) -> str:
    """The key of a document from its values in canonical form."""
    return FIELD_SEPARATOR.join(
        _field(schema, definition.properties[name].range, values.get(name)) for name in definition.key.fields
    )


def _field(schema: Schema, each: Range, value: Json) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, list):
        return LIST_SEPARATOR.join(fragment(_text(schema, each, part)) for part in value)
    return fragment(_text(schema, each, value))


def _text(schema: Schema, each: Range, value: Json) -> str:
    if each.kind is RangeKind.ENUM:
        return f"{schema.namespace}{each.name}/{fragment(str(value))}"
    if each.kind is RangeKind.CLASS:
        return full_id(schema, str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.text if isinstance(value, JsonNumber) else str(value)


def full_id(schema: Schema, document_id: str) -> str:
    """The id with the database's `@base`, unless it is an IRI already."""
    return document_id if "://" in document_id else schema.base + document_id
