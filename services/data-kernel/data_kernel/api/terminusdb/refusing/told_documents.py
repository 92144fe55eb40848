"""Documents and types as TerminusDB writes them into witnesses: names in full, values with their types."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from data_kernel.domain.ids import fragment
from data_kernel.domain.prefixes import Prefixes
from data_kernel.domain.schema import ClassDefinition, Family, Property, Range, RangeKind, Schema
from shared.canonical import Json

_CONTAINERS = {
    Family.SET: "@set",
    Family.CARDINALITY: "@set",
    Family.LIST: "@list",
    Family.ARRAY: "@array",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """Writes for one schema; a document was read up to some property when it was refused."""

    schema: Schema
    prefixes: Prefixes

    def document(
        self, document: Mapping[str, Json], definition: ClassDefinition | None = None, read: Collection[str] = ()
    ) -> dict[str, Json]:
        """A document; the values of the properties in `read` have their types, and arrays among them are there."""
        told: dict[str, Json] = {}
        for name, value in document.items():
            if name.startswith("@"):
                told[name] = self._keyword(name, value)
            else:
                each = definition.properties.get(name) if definition is not None and name in read else None
                told[self.prefixes.full_name(name)] = value if each is None else self._value(each, value)
        if definition is not None:
            told |= self._absent_arrays(definition, document, read)
        return told

    def choice(self, definition: ClassDefinition, choice: Iterable[str]) -> dict[str, Json]:
        """The properties of a choice, with the types of their values."""
        ranges = {name: definition.properties[name].range for name in sorted(choice)}
        return {self.prefixes.full_name(name): self._range(each) for name, each in ranges.items()}

    def _absent_arrays(
        self, definition: ClassDefinition, document: Mapping[str, Json], read: Collection[str]
    ) -> dict[str, Json]:
        arrays = (each for each in definition.properties.values() if each.family is Family.ARRAY)
        absent = (each for each in arrays if each.name in read and each.name not in document)
        return {self.prefixes.full_name(each.name): self._value(each, []) for each in absent}

    def _keyword(self, name: str, value: Json) -> Json:
        if not isinstance(value, str):
            return value
        if name == "@id":
            return self.prefixes.full_id(value)
        return self.prefixes.full_name(value) if name == "@type" else value

    def _range(self, each: Range) -> Json:
        name = self.prefixes.full_name(each.name)
        if each.kind is not RangeKind.ENUM:
            return name
        values: list[Json] = [f"{name}/{fragment(value)}" for value in self.schema.enums[each.name].values]
        return {"@id": name, "@type": self.prefixes.full_name("sys:Enum"), "@values": values}

    def _value(self, each: Property, value: Json) -> Json:
        container = _CONTAINERS.get(each.family)
        if container is None:
            return self._one(each.range, value)
        elements: list[Json] = value if isinstance(value, list) else [value]
        read: list[Json] = [self._one(each.range, element) for element in elements]
        told: dict[str, Json] = {"@container": container, "@type": self.prefixes.full_name(each.range.name)}
        if each.family is Family.ARRAY:
            told["@dimensions"] = each.dimensions
        return {**told, "@value": read}

    def _one(self, each: Range, value: Json) -> Json:
        if isinstance(value, list | dict) or value is None or each.kind is RangeKind.JSON:
            return value
        name = self.prefixes.full_name(each.name)
        if each.kind is RangeKind.ENUM:
            return {"@id": f"{name}/{fragment(str(value))}", "@type": "@id"}
        if each.kind is RangeKind.CLASS:
            return {"@id": self.prefixes.full_id(str(value)), "@type": "@id"}
        return {"@type": name, "@value": value}
