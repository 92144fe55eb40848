"""Elements without order, in the one order in which they are stored; and subdocuments that are one."""

from collections.abc import Mapping

from data_kernel.domain.schema import ClassDefinition, Family, Property, RangeKind
from shared.canonical import Json, encode

_JOINED = frozenset({Family.REQUIRED, Family.OPTIONAL, Family.SET})
_WHOLE = frozenset({RangeKind.JSON, RangeKind.UNIT})


def in_order(elements: list[Json]) -> list[Json]:
    """By canonical bytes."""
    return sorted(elements, key=encode) if len(elements) > 1 else elements


def without_repeats(elements: list[Json]) -> list[Json]:
    """Each element once, where it stands first."""
    return [*{encode(element): element for element in elements}.values()] if len(elements) > 1 else elements


def order_sets(definition: ClassDefinition, values: dict[str, Json]) -> None:
    """Bring those sets into order that are not of subdocuments, which have no ids yet."""
    for name, value in values.items():
        each = definition.properties[name]
        if each.is_unordered and isinstance(value, list) and not _holds_subdocuments(each, value):
            values[name] = in_order(value)


def has_orders(definition: ClassDefinition, values: Mapping[str, Json]) -> bool:
    """Whether a document could have been given with its sets in another order."""
    sets = (value for name, value in values.items() if definition.properties[name].is_unordered)
    return any(isinstance(value, list) and len(value) > 1 for value in sets)


def joined(definition: ClassDefinition, one: dict[str, Json], other: dict[str, Json]) -> dict[str, Json] | None:
    """Two subdocuments with one id as one: of what they have differently, both values, as TerminusDB has it.

    `None` where that would be no document of its class, or lists and JSON of both would become one.
    """
    both = dict(one)
    for name, value in other.items():
        if name not in both:
            both[name] = value
        elif encode(both[name]) != encode(value):
            if not _may_be_several(definition, name, both[name], value):
                return None
            several = [*_listed(both[name]), *_listed(value)]
            both[name] = in_order(without_repeats(several))
    return both if all(len(choice & both.keys()) == 1 for choice in definition.choices) else None


def _may_be_several(definition: ClassDefinition, name: str, *values: Json) -> bool:
    each = definition.properties.get(name)
    if each is None or each.family not in _JOINED or each.range.kind in _WHOLE:
        return False
    return not any(_holds_subdocuments(each, _listed(value)) for value in values)


def _holds_subdocuments(each: Property, elements: list[Json]) -> bool:
    return each.may_hold_documents and any(isinstance(element, dict) for element in elements)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
