"""Class frames: what a document of a class has, with all that the class inherits, as TerminusDB tells it.

They are read off the class documents of a schema graph that holds together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.canonical import Json

ClassDocuments = Mapping[str, Mapping[str, Json]]
"""Class documents by name, without the context."""

_KEPT = ("@abstract", "@documentation", "@key", "@metadata", "@subdocument", "@unfoldable")


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a schema graph; `expand_abstract` tells an abstract range as the classes that it stands for."""

    classes: ClassDocuments
    expand_abstract: bool = True

    def frame(self, name: str) -> dict[str, Json]:
        """The frame of a class; of an unknown one the empty frame."""
        document = self.classes.get(name, {})
        if document.get("@type") == "Enum":
            return {"@type": "Enum", "@values": document["@value"]}
        frame: dict[str, Json] = {"@type": "Class", **{key: document[key] for key in _KEPT if key in document}}
        ancestors = self.ancestors(name)
        if ancestors:
            frame["@inherits"] = [*sorted(ancestors)]
        choices: list[Json] = []
        for each in (*sorted(ancestors), name):
            properties, own = self._own(self.classes.get(each, {}))
            frame |= properties
            choices += own
        return frame | ({"@oneOf": choices} if choices else {})

    def _own(self, document: Mapping[str, Json]) -> tuple[dict[str, Json], list[Json]]:
        """A class's own properties, and its choices between properties."""
        properties = {key: self._range(value) for key, value in document.items() if not key.startswith("@")}
        if document.get("@type") == "TaggedUnion":
            return {}, [properties]
        given = document.get("@oneOf", [])
        several = given if isinstance(given, list) else [given]
        choices: list[Json] = [
            {key: self._range(value) for key, value in each.items()} for each in several if isinstance(each, dict)
        ]
        return properties, choices

    def _range(self, value: Json) -> Json:
        """What a property may hold: a datatype, a class or an enum, or a family of one."""
        if isinstance(value, dict):
            return {key: self._range(each) if key == "@class" else each for key, each in value.items()}
        document = self.classes.get(value, {}) if isinstance(value, str) else {}
        if document.get("@type") == "Enum":
            return {"@id": value, "@type": "Enum", "@values": document["@value"]}
        if "@subdocument" in document:
            return {"@class": value, "@subdocument": []}
        if "@abstract" in document and self.expand_abstract:
            return [*self._concrete(str(value))]
        return value

    def ancestors(self, name: str) -> set[str]:
        """Names of the classes that a class inherits from, at every distance."""
        found: set[str] = set()
        waiting = [*self._parents(name)]
        while waiting:
            parent = waiting.pop()
            if parent not in found:
                found.add(parent)
                waiting += self._parents(parent)
        return found - {name}

    def _concrete(self, name: str) -> Iterator[str]:
        """The classes below an abstract one, nearest first, once for each class that they inherit from directly."""
        children: dict[str, list[str]] = {}
        for each in self.classes:
            for parent in self._parents(each):
                children.setdefault(parent, []).append(each)
        line, seen = [name], {name}
        for each in line:
            for child in children.get(each, []):
                if "@abstract" not in self.classes[child]:
                    yield child
                if child not in seen:
                    seen.add(child)
                    line.append(child)

    def _parents(self, name: str) -> list[str]:
        given = self.classes.get(name, {}).get("@inherits", [])
        return [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, str)]
