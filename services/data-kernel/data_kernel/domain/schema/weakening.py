"""Which changes of classes leave stored documents as they are, and which change what a value means."""

from collections.abc import Set as AbstractSet

from data_kernel.domain.schema.model import EXACT_NUMBERS, ClassDefinition, Family, Property, Range, RangeKind, Schema
from shared.canonical import Json, pointer
from shared.errors import Violation

_SINGLE = {Family.REQUIRED, Family.OPTIONAL}
_ORDERED = {Family.LIST, Family.ARRAY}
_NEED_NO_VALUE = {Family.OPTIONAL, Family.SET, Family.ARRAY, Family.CARDINALITY}


def affected_classes(old: Schema, new: Schema) -> set[str]:
    """The old classes whose documents might not be as the new schema wants them."""
    if (old.base, old.namespace) != (new.base, new.namespace):
        return set(old.classes)
    affected = {name for name, each in old.classes.items() if not _is_weaker(each, new.classes.get(name))}
    for name, enum in old.enums.items():
        left = new.enums.get(name)
        if left is not None and not set(enum.values) <= set(left.values):
            affected |= old.users_of_enum(name)
    return _with_holders(affected | _with_narrower_ranges(old, new), old, new)


def _with_holders(affected: set[str], old: Schema, new: Schema) -> set[str]:
    """The classes, and those whose documents have some of theirs inside, or refer to some that now are to be inside."""
    found, inside = set(affected), {each for each in affected if _is_inside(each, old) or _is_inside(each, new)}
    while inside:
        above = {name for name, each in old.classes.items() if name not in found and _may_hold(each, inside, old)}
        found |= above
        inside = {each for each in above if _is_inside(each, old)}
    return found


def _is_inside(name: str, schema: Schema) -> bool:
    definition = schema.classes.get(name)
    return definition is not None and definition.is_subdocument


def _may_hold(definition: ClassDefinition, inside: set[str], schema: Schema) -> bool:
    ranges = (each.range for each in definition.properties.values() if each.range.kind is RangeKind.CLASS)
    return any(not inside.isdisjoint(schema.concrete(each.name)) for each in ranges)


def _with_narrower_ranges(old: Schema, new: Schema) -> set[str]:
    """The classes that refer to a class which fewer documents are of than before."""
    ranges = {
        each.range.name
        for definition in old.classes.values()
        for each in definition.properties.values()
        if each.range.kind is RangeKind.CLASS
    }
    narrower = {name for name in ranges if not old.concrete(name) <= new.concrete(name)}
    return {
        definition.name
        for definition in old.classes.values()
        if any(
            each.range.kind is RangeKind.CLASS and each.range.name in narrower
            for each in definition.properties.values()
        )
    }


def _is_weaker(old: ClassDefinition, new: ClassDefinition | None) -> bool:
    if new is None or (old.key, old.base) != (new.key, new.base) or (new.is_abstract and not old.is_abstract):
        return False
    if old.is_subdocument is not new.is_subdocument:
        return False
    if not new.choices <= old.choices or not old.properties.keys() <= new.properties.keys():
        return False
    return all(_accepts_all(old.properties.get(name), each) for name, each in new.properties.items())


def _accepts_all(old: Property | None, new: Property) -> bool:
    if old is None:
        return new.family in _NEED_NO_VALUE and not new.min_count
    return old == new or (old.range == new.range and (old.family, new.family) == (Family.REQUIRED, Family.OPTIONAL))


def carried_over(
    subject: str,
    body: dict[str, Json],
    was: str,
    old: Schema,
    new: Schema,
    settled: AbstractSet[tuple[str, str]] = frozenset(),
) -> tuple[dict[str, Json], list[Violation]]:
    """A stored document that `was` of a class, and is of the one that it names: its values, and those of the
    subdocuments in it, in the families of the new classes; and the values that would change meaning.

    The properties that are `settled`, by class and name, have values of the new type already.
    """
    carrying = _Carrying(subject, old, new, settled)
    return carrying.document(body, was, ()), carrying.violations


class _Carrying:
    def __init__(self, subject: str, old: Schema, new: Schema, settled: AbstractSet[tuple[str, str]]) -> None:
        self._subject = subject
        self._old = old
        self._new = new
        self._settled = settled
        self.violations: list[Violation] = []

    def document(self, body: dict[str, Json], was: str, above: tuple[str | int, ...]) -> dict[str, Json]:
        """A document, or the subdocument at a place, that was of a class."""
        before, after = self._old.classes.get(was), self._new.classes.get(str(body.get("@type")))
        if before is None or after is None:
            return body
        carried = dict(body)
        for name in after.properties.keys() & before.properties.keys() & body.keys():
            place, value = (*above, name), body[name]
            if (after.name, name) not in self._settled:
                value = self._value(before.properties[name], after.properties[name], value, place)
            carried[name] = self._inside(after.properties[name].range, value, place)
        return carried

    def _value(self, before: Property, after: Property, value: Json, place: tuple[str | int, ...]) -> Json:
        if not _keeps_meaning(before, after):
            message = "The stored value is of another type than the class now asks for."
            self.violations.append(Violation(f"{self._subject}#{pointer(place)}", "type_change", message))
        return _in_family(before, after, value)

    def _inside(self, each: Range, value: Json, place: tuple[str | int, ...]) -> Json:
        if each.kind is not RangeKind.CLASS:
            return value
        match value:
            case dict():
                return self.document(value, str(value.get("@type")), place)
            case list():
                return [self._inside(each, element, (*place, index)) for index, element in enumerate(value)]
        return value


def _keeps_meaning(before: Property, after: Property) -> bool:
    """Whether a value stays what it is: a reference does, and a decimal number where the new datatype has it, too."""
    if before.family is not after.family and (before.family in _ORDERED or after.family is Family.ARRAY):
        return False
    is_number = {before.range.name, after.range.name} <= EXACT_NUMBERS
    is_reference = before.range.kind is after.range.kind is RangeKind.CLASS
    return before.range == after.range or is_number or is_reference


def _in_family(before: Property, after: Property, value: Json) -> Json:
    if before.family is Family.SET and after.family in _SINGLE and isinstance(value, list) and len(value) == 1:
        return value[0]
    if before.family in _SINGLE and after.family is Family.SET:
        return [value]
    return value
