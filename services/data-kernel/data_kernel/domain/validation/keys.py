"""The keys of documents that are made from their values, as TerminusDB makes them."""

import hashlib
from collections.abc import Iterator
from fractions import Fraction

from data_kernel.domain.ids import ABSENT, FIELD_SEPARATOR, LIST_SEPARATOR, fragment
from data_kernel.domain.schema import ClassDefinition, Family, KeyKind, Property, Range, RangeKind, Schema
from shared.canonical import Json, JsonNumber, encode


def lexical_key(schema: Schema, definition: ClassDefinition, values: dict[str, Json]) -> str:
    """The key of a document from its values in canonical form."""
    return FIELD_SEPARATOR.join(
        _field(schema, definition.properties[name], values.get(name)) for name in definition.key.fields
    )


def hash_key(schema: Schema, definition: ClassDefinition, values: dict[str, Json]) -> str:
    """SHA-256 of the lexical key, in hexadecimal."""
    return _digest(lexical_key(schema, definition, values))


def value_hash_key(schema: Schema, definition: ClassDefinition, values: dict[str, Json]) -> str:
    """SHA-256 of all values, written as Prolog writes the pairs of path and value that TerminusDB digests.

    A set comes in the order given, so that another order makes another id there; those in subdocuments come in order.
    Subdocuments come without their ids, which may begin with the id that is made here.
    """
    return _digest(f"[{','.join(_pairs(schema, definition, values, ()))}]")


_NAMESPACES = {"xsd": "http://www.w3.org/2001/XMLSchema#", "xdd": "http://terminusdb.com/schema/xdd#"}
_SEVERAL = {Family.SET, Family.LIST, Family.CARDINALITY}
_ATOM, _STRING = "'", '"'
_PROLOG_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _pairs(
    schema: Schema, definition: ClassDefinition, values: dict[str, Json], above: tuple[str, ...]
) -> Iterator[str]:
    """The path and the value of all that a document says, its class first."""
    yield _pair((*above, "'@type'"), _name(schema, definition.name))
    for name in sorted(name for name in values if not name.startswith("@")):
        each, path = definition.properties[name], (*above, _name(schema, name))
        elements = [*_elements(each, values[name])]
        inside = [element for element in elements if each.range.kind is RangeKind.CLASS and isinstance(element, dict)]
        if inside:
            yield from _pairs_inside(schema, each, inside, path)
        else:
            yield from (_pair(path, _term(schema, each.range, element)) for element in elements)


def _pairs_inside(
    schema: Schema, each: Property, inside: list[dict[str, Json]], path: tuple[str, ...]
) -> Iterator[str]:
    """Those of subdocuments; several are numbered in their own order, whatever that of the property is."""
    if each.family not in _SEVERAL:
        yield from _pairs(schema, schema.classes[str(inside[0]["@type"])], inside[0], path)
        return
    yield _pair((*path, "'@type'"), _name(schema, each.range.name))
    for index, (_, one) in enumerate(sorted({encode(_without_ids(one)): one for one in inside}.items())):
        yield from _pairs(schema, schema.classes[str(one["@type"])], one, (*path, "'@value'", str(index)))


def _without_ids(value: Json) -> Json:
    if isinstance(value, list):
        return [_without_ids(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _without_ids(each) for name, each in value.items() if name != "@id"}


def _pair(path: tuple[str, ...], term: str) -> str:
    return f"[{','.join(path)}]-{term}"


def _name(schema: Schema, name: str) -> str:
    return _quoted(schema.prefixes.full_name(name), _ATOM)


def _quoted(text: str, mark: str) -> str:
    escapes = str.maketrans(_PROLOG_ESCAPES | {mark: f"\\{mark}"})
    return f"{mark}{text.translate(escapes)}{mark}"


def _term(schema: Schema, each: Range, value: Json) -> str:
    """A value as a Prolog term: a reference is a string, a literal is a number or a string with its datatype."""
    if isinstance(value, list) or each.kind is RangeKind.JSON:
        return _quoted(encode(value).decode(), _STRING)
    if each.kind is not RangeKind.DATATYPE:
        return _quoted(_text(schema, each, value), _STRING)
    prefix, _, name = each.name.partition(":")
    text = _text(schema, each, value)
    is_number = isinstance(value, int | JsonNumber) and not isinstance(value, bool)
    term = _number(text) if is_number else _quoted(text, _STRING)
    return f"({term}^^{_quoted(_NAMESPACES[prefix] + name, _ATOM)})"


def _number(text: str) -> str:
    """A number with a fraction is a rational there, `3r2`; one without stays as it is written."""
    exact = Fraction(text)
    return text if exact.denominator == 1 else f"{exact.numerator}r{exact.denominator}"


def _elements(each: Property, value: Json) -> Iterator[Json]:
    """The values of a property, one by one; an array is one, for its shape tells it from others."""
    if each.family in _SEVERAL and isinstance(value, list):
        yield from value
    else:
        yield value


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _field(schema: Schema, each: Property, value: Json) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, list):
        parts = value if each.family is Family.LIST else sorted(value, key=encode)
        return LIST_SEPARATOR.join(fragment(_text(schema, each.range, part)) for part in parts)
    return fragment(_text(schema, each.range, value))


def _text(schema: Schema, each: Range, value: Json) -> str:
    if isinstance(value, dict):
        return _inner_text(schema, value)
    if each.kind is RangeKind.ENUM:
        return f"{schema.prefixes.full_name(each.name)}/{fragment(str(value))}"
    if each.kind is RangeKind.CLASS:
        return full_id(schema, str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.text if isinstance(value, JsonNumber) else str(value)


def _inner_text(schema: Schema, value: dict[str, Json]) -> str:
    """A subdocument in a key: its id where its values alone make that, else its values."""
    definition = schema.classes[str(value["@type"])]
    if definition.key.kind is not KeyKind.VALUE_HASH:
        return encode(value).decode()
    return full_id(schema, f"{definition.id_prefix}{value_hash_key(schema, definition, value)}")


def full_id(schema: Schema, document_id: str) -> str:
    """The id with the `@base` or its prefix in full, unless it is an IRI already."""
    return schema.prefixes.full_id(document_id)
