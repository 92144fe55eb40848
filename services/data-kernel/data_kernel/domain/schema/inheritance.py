"""What classes inherit: every class is given the properties, choices and ancestors of those above it, once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from data_kernel.domain.schema.model import ClassDefinition, Family, Property, RangeKind

Refuse = Callable[..., None]
"""Notes a violation: name of the class, rule, message, then the path within the class."""


def resolved(
    own: Mapping[str, ClassDefinition], parents: Mapping[str, tuple[str, ...]], refuse: Refuse
) -> dict[str, ClassDefinition]:
    """The classes with what they inherit, in the order given.

    A property that comes in several ways must have one definition that satisfies all the others. Violations: a cycle of
    inheritance (nothing is inherited then), and such a property without one (`diamond`).
    """
    known = {name: [each for each in parents[name] if each in own] for name in own}
    try:
        order = [*TopologicalSorter(known).static_order()]
    except CycleError as cycle:
        *line, last = cycle.args[1]
        refuse(last, "inheritance_cycle", f"The class inherits from itself, through {len(line)} steps.", "@inherits")
        return dict(own)
    done: dict[str, ClassDefinition] = {}
    for name in order:
        done[name] = _with_inherited(own[name], [done[each] for each in known[name]], done, refuse)
    return {name: done[name] for name in own}


def _with_inherited(
    definition: ClassDefinition, above: list[ClassDefinition], done: Mapping[str, ClassDefinition], refuse: Refuse
) -> ClassDefinition:
    if not above:
        return definition
    ancestors = frozenset({each.name for each in above}).union(*(each.ancestors for each in above))
    properties: dict[str, Property] = {}
    for name, given in _by_name((*above, definition)).items():
        narrowest = _narrowest(given, definition, done)
        if narrowest is None:
            refuse(definition.name, "diamond", "This property is inherited with another meaning.", name)
        else:
            properties[name] = narrowest
    choices = definition.choices.union(*(each.choices for each in above))
    inside = definition.is_subdocument or any(each.is_subdocument for each in above)
    return replace(definition, properties=properties, choices=choices, ancestors=ancestors, is_subdocument=inside)


def _by_name(definitions: Iterable[ClassDefinition]) -> dict[str, list[Property]]:
    found: dict[str, list[Property]] = {}
    for each in definitions:
        for name, given in each.properties.items():
            found.setdefault(name, []).append(given)
    return found


def _narrowest(
    given: list[Property], definition: ClassDefinition, done: Mapping[str, ClassDefinition]
) -> Property | None:
    """The definition that satisfies all; where the class has one itself, no other will do."""
    own = definition.properties.get(given[-1].name)
    candidates: Iterator[Property] = iter([own] if own is not None else given)
    return next((each for each in candidates if all(_satisfies(each, other, done) for other in given)), None)


def _satisfies(one: Property, other: Property, done: Mapping[str, ClassDefinition]) -> bool:
    """Whether every value of the one property is a value that the other may have."""
    is_optional_given = (one.family, other.family) == (Family.REQUIRED, Family.OPTIONAL)
    if not is_optional_given and replace(one, range=other.range) != other:
        return False
    if one.range == other.range:
        return True
    is_class = one.range.kind is RangeKind.CLASS
    return is_class and one.range.name in done and done[one.range.name].is_a(other.range.name)
