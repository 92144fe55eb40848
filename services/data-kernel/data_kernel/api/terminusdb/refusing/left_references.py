"""References that a deletion would leave without their document, as TerminusDB tells them."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from data_kernel.domain.prefixes import Prefixes
from data_kernel.domain.schema import Family, Property, RangeKind, Schema
from shared.canonical import Json


@dataclass(frozen=True, slots=True)
class LeftReference:
    """A place that refers to a document to be deleted: the id of the (sub)document there, and the property."""

    holder: str
    property: Property
    target: str

    def witness(self, prefixes: Prefixes) -> dict[str, Json]:
        """A property that must have its document lacks it; any other refers to what is of no class."""
        predicate, holder = prefixes.full_name(self.property.name), prefixes.full_id(self.holder)
        if self.property.family is Family.REQUIRED:
            wanted = prefixes.full_name(self.property.range.name)
            kind = "instance_not_cardinality_one"
            return {"@type": kind, "class": wanted, "instance": holder, "predicate": predicate}
        target = prefixes.full_id(self.target)
        return {"@type": "references_untyped_object", "object": target, "predicate": predicate, "subject": holder}


def left_references(schema: Schema, document: Json, targets: AbstractSet[str]) -> Iterator[LeftReference]:
    """The places of a stored document, and of the subdocuments in it, that refer to one of the targets."""
    if not isinstance(document, dict):
        return
    definition = schema.classes[str(document["@type"])]
    for name, value in document.items():
        each = definition.properties.get(name)
        if each is None or each.range.kind is not RangeKind.CLASS:
            continue
        for leaf in _leaves(value):
            if isinstance(leaf, str) and leaf in targets:
                yield LeftReference(str(document["@id"]), each, leaf)
            yield from left_references(schema, leaf, targets)


def _leaves(value: Json) -> Iterator[Json]:
    """The value itself, or those in its lists."""
    if isinstance(value, list):
        for element in value:
            yield from _leaves(element)
    else:
        yield value
