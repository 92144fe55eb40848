"""Finding the class of documents that do not name theirs."""

from collections.abc import Iterable, Mapping

from data_kernel.domain.schema import ClassDefinition, Schema
from shared.canonical import Json


class Fitting:
    """Knows the classes of one schema by their properties, for the documents of one request.

    A class is looked at once for each different set of properties, and not once for each document: what lies in the
    writer's way must not grow with documents times classes.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._properties: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self._alone: dict[frozenset[str], ClassDefinition | None] = {}
        self._inside: dict[tuple[str, frozenset[str]], ClassDefinition | None] = {}
        self._candidates: dict[str, list[ClassDefinition]] = {}

    def alone(self, document: Mapping[str, Json]) -> ClassDefinition | None:
        """The only class of which a document of its own may be; it has at least one property."""
        given = _given(document)
        if given not in self._alone:
            classes = (each for each in self._schema.classes.values() if not (each.is_abstract or each.is_subdocument))
            self._alone[given] = _only(self._with(given, classes)) if given else None
        return self._alone[given]

    def inside(self, class_name: str, document: Mapping[str, Json]) -> ClassDefinition | None:
        """The only class that may stand where one of this name is asked for, else the only one with the properties."""
        candidates = self._candidates.get(class_name)
        if candidates is None:
            candidates = [self._schema.classes[name] for name in self._schema.concrete(class_name)]
            self._candidates[class_name] = candidates
        if len(candidates) == 1:
            return candidates[0]
        key = class_name, _given(document)
        if key not in self._inside:
            self._inside[key] = _only(self._with(key[1], candidates))
        return self._inside[key]

    def _with(self, given: frozenset[str], classes: Iterable[ClassDefinition]) -> list[ClassDefinition]:
        """Those that have all of the properties, and need no others."""
        found = []
        for each in classes:
            needed, allowed = self._properties_of(each)
            if needed <= given <= allowed:
                found.append(each)
        return found

    def _properties_of(self, definition: ClassDefinition) -> tuple[frozenset[str], frozenset[str]]:
        known = self._properties.get(definition.name)
        if known is None:
            needed = (each.name for each in definition.properties.values() if each.is_needed)
            known = frozenset(needed), frozenset(definition.properties)
            self._properties[definition.name] = known
        return known


def _given(document: Mapping[str, Json]) -> frozenset[str]:
    return frozenset(name for name, value in document.items() if value is not None and not name.startswith("@"))


def _only(classes: list[ClassDefinition]) -> ClassDefinition | None:
    return classes[0] if len(classes) == 1 else None
