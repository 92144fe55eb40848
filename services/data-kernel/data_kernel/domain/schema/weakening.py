"""Which changes of classes leave stored documents as they are, and which change what a value means."""

from data_kernel.domain.schema.model import EXACT_NUMBERS, ClassDefinition, Family, Property, RangeKind, Schema
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
    return affected | _with_narrower_ranges(old, new)


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
    old: ClassDefinition,
    new: ClassDefinition,
    settled: frozenset[str] = frozenset(),
) -> tuple[dict[str, Json], list[Violation]]:
    """A stored document with its values in the families of the new class, and the values that would change meaning.

    The properties that are `settled` have values of the new type already.
    """
    document = dict(body)
    violations = []
    for name, after in new.properties.items():
        before, value = old.properties.get(name), body.get(name)
        if before is None or value is None or name in settled:
            continue
        if not _keeps_meaning(before, after):
            message = "The stored value is of another type than the class now asks for."
            violations.append(Violation(f"{subject}#{pointer((name,))}", "type_change", message))
        document[name] = _in_family(before, after, value)
    return document, violations


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
