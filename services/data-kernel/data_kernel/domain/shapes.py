"""What stands in the documents of a schema graph: references, subdocuments, values, read off the class documents."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from data_kernel.domain.frames import ClassDocuments, Frames
from shared.canonical import Json


class Shapes:
    """The shapes of the documents of one schema graph that holds together."""

    def __init__(self, classes: ClassDocuments) -> None:
        self._classes = classes
        self._frames = Frames(classes, expand_abstract=False)
        self._properties: dict[str, Mapping[str, Json]] = {}

    @cached_property
    def subdocuments(self) -> frozenset[str]:
        """Names of the classes whose documents stand inside of others."""
        return self._marked("@subdocument")

    @cached_property
    def unfoldable(self) -> frozenset[str]:
        """Names of the classes whose documents are shown where they are referred to."""
        return self._marked("@unfoldable")

    def knows(self, class_name: str) -> bool:
        """Whether there is such a class."""
        return self._classes.get(class_name, {}).get("@type") in {"Class", "TaggedUnion"}

    def properties(self, class_name: str) -> frozenset[str]:
        """Names of the properties that documents of a class may have."""
        return frozenset(self._properties_of(class_name))

    def with_descendants(self, class_name: str) -> list[str]:
        """The class and all that inherit from it, in order of name; an unknown one stands for itself."""
        found = {each for each in self._classes if class_name in self._frames.ancestors(each)}
        return sorted(found | {class_name})

    def ancestors(self, class_name: str) -> set[str]:
        """Names of the classes that a class inherits from, at every distance."""
        return self._frames.ancestors(class_name)

    def referred_class(self, class_name: str, property_name: str) -> str | None:
        """The class that a property refers to or has subdocuments of; `None` where it has values."""
        name = self.range_name(class_name, property_name)
        return name if self.knows(name) else None

    def range_name(self, class_name: str, property_name: str) -> str:
        """The datatype, enum or class of a property's values; empty where there is no such property."""
        return _range_name(self._properties_of(class_name).get(property_name))

    def is_set(self, class_name: str, property_name: str) -> bool:
        """Whether a property has elements without order."""
        return self._family(class_name, property_name) in {"Set", "Cardinality"}

    def shows_one_alone(self, class_name: str, property_name: str) -> bool:
        """Whether the only element of such a property stands without a list around it, unless it is a list itself."""
        return self._family(class_name, property_name) == "Cardinality"

    def references(self, document: Mapping[str, Json]) -> Iterator[str]:
        """Ids of the documents that a document refers to, its subdocuments included."""
        for key, value in document.items():
            if self.referred_class(str(document.get("@type")), key) is not None:
                yield from self._references_in(value)

    def subdocuments_in(self, document: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
        """The subdocuments of a document, at every depth."""
        for key, value in document.items():
            if self.referred_class(str(document.get("@type")), key) is None:
                continue
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    yield each
                    yield from self.subdocuments_in(each)

    def _references_in(self, value: Json) -> Iterator[str]:
        match value:
            case str():
                yield value
            case list():
                for each in value:
                    yield from self._references_in(each)
            case dict():
                yield from self.references(value)

    def _family(self, class_name: str, property_name: str) -> Json:
        value = self._properties_of(class_name).get(property_name)
        return value.get("@type") if isinstance(value, dict) else None

    def _properties_of(self, class_name: str) -> Mapping[str, Json]:
        """The range of each property, as the frame has it."""
        known = self._properties.get(class_name)
        if known is None:
            frame = self._frames.frame(class_name)
            choices = frame.get("@oneOf")
            own = {key: value for key, value in frame.items() if not key.startswith("@")}
            for choice in choices if isinstance(choices, list) else []:
                own |= choice if isinstance(choice, dict) else {}
            known = self._properties[class_name] = own
        return known

    def _marked(self, member: str) -> frozenset[str]:
        marked = {name for name, document in self._classes.items() if member in document}
        return frozenset(each for each in self._classes if marked & {each, *self._frames.ancestors(each)})


def _range_name(value: Json) -> str:
    """The innermost name of a range: that of a datatype, an enum or a class."""
    while isinstance(value, dict):
        value = value.get("@class", value.get("@id"))
    return value if isinstance(value, str) else ""
