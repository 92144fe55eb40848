"""Reading the members of a document, and of the subdocuments in it."""

from collections.abc import Callable, Mapping
from typing import Final

from data_kernel.domain.schema import ClassDefinition
from data_kernel.domain.validation.captures import CAPTURE, REF
from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.rules import Rules
from data_kernel.domain.validation.sets import order_sets
from data_kernel.domain.validation.values import Note, Path, ValueReader
from shared.canonical import Json

MAX_NESTED: Final = 40
"""So deep documents may stand in documents."""
_KEYWORDS = ("@id", "@type", CAPTURE)
_LINK = {"@id", "@type"}
OwnDocument = Callable[[dict[str, Json], Path], str]


class MemberReader:
    """Reads documents as the rules want them; what does not fit goes to `note`, with its place.

    `own` takes a document of its own that stands where a reference belongs, and gives its id; empty where that could
    not be told.
    """

    def __init__(self, rules: Rules, note: Note, own: OwnDocument) -> None:
        self._schema = rules.schema
        self._fitting = rules.fitting
        self._captures = rules.captures
        self._note = note
        self._own = own
        self._is_stored = rules.is_stored
        self._depth = 0
        self.references: list[tuple[str, str, Path]] = []
        """Id, class and place of each reference."""
        self.has_subdocuments = False
        """Whether one has been met."""

    def read(self, definition: ClassDefinition, document: dict[str, Json], above: Path = ()) -> dict[str, Json]:
        """The values of a document in canonical form, save that subdocuments have no ids, and sets no order yet."""
        unread: set[str] = set()

        def note(path: Path, mismatch: Mismatch) -> None:
            unread.update(str(each) for each in path[len(above) : len(above) + 1])
            self._note(path, mismatch)

        may_be_joined = self._is_stored and self._depth > 0
        reader = ValueReader(self._schema, note, self._inner, self.references, above, may_be_joined=may_be_joined)
        for name in document:
            if name not in definition.properties and name not in _KEYWORDS:
                note((*above, name), _surplus(name))
        values: dict[str, Json] = {}
        for each in definition.properties.values():
            value = document.get(each.name)
            if value is not None:
                read = reader.read(each, value)
                if read is not None:
                    values[each.name] = read
            elif each.is_needed:
                note((*above, each.name), Mismatch("This property is required.", "required"))
            elif each.min_count:
                note((*above, each.name), Mismatch("This property has too few values.", "cardinality"))
        self._choose(definition, document, unread, above)
        return values

    def class_of(self, document: dict[str, Json], path: Path) -> ClassDefinition | None:
        """The class that a document names, which may have documents."""
        name, place = document.get("@type"), (*path, "@type")
        if name is None and (fitting := self._fitting.alone(document)) is not None:
            return fitting
        if not isinstance(name, str):
            self._note(place, Mismatch("A document names its class.", "type_missing"))
            return None
        definition = self._schema.classes.get(self._schema.prefixes.short_name(name))
        if definition is None:
            self._note(place, Mismatch("There is no class of this name.", "unknown_class"))
        elif definition.is_abstract:
            self._note(place, Mismatch("An abstract class has no documents of its own.", "abstract_class"))
        return definition

    def _choose(self, definition: ClassDefinition, given: Mapping[str, Json], unread: set[str], above: Path) -> None:
        for choice in definition.choices:
            there = sum(name in given or name in unread for name in choice)
            if there == 0:
                named = ", ".join(sorted(choice))
                self._note(above, Mismatch(f"One of these properties is required: {named}.", "choice_missing"))
            for name in sorted(choice & given.keys()) if there > 1 else ():
                self._note((*above, name), Mismatch("Only one property of a choice is given.", "choice_too_many"))

    def _inner(self, class_name: str, value: dict[str, Json], path: Path) -> Json:
        """What an object stands for where a document is expected: another document's id, or a subdocument."""
        if REF in value:
            return self._captures.target(value[REF])
        if value.keys() == _LINK and value["@type"] == "@id":
            return value["@id"]
        definition = self._inner_class(class_name, value, path)
        if definition is None:
            return None
        if not definition.is_subdocument:
            return self._own({**value, "@type": definition.name}, path)
        return self._subdocument(definition, value, path)

    def _subdocument(self, definition: ClassDefinition, value: dict[str, Json], path: Path) -> Json:
        if CAPTURE in value:
            raise Mismatch("A subdocument has no name in a request.", "capture")
        if self._depth >= MAX_NESTED:
            raise Mismatch(f"Documents stand at most {MAX_NESTED} deep in each other.", "too_deep")
        self._depth += 1
        values = self.read(definition, self._schema.prefixes.with_short_members(value), path)
        self._depth -= 1
        self.has_subdocuments = True
        # Its id, and ids of which it is a part, are made anew when its owner changes: of its sets in the order stored.
        order_sets(definition, values)
        given: dict[str, Json] = {"@id": value["@id"]} if "@id" in value else {}
        return {**given, "@type": definition.name, **values}

    def _inner_class(self, class_name: str, value: dict[str, Json], path: Path) -> ClassDefinition | None:
        if "@type" not in value:
            fitting = self._fitting.inside(class_name, value)
            if fitting is None:
                raise Mismatch("This object does not tell its class.", "type_missing")
            return fitting
        definition = self.class_of(value, path)
        if definition is None or definition.is_abstract:
            return None
        if not definition.is_a(class_name):
            raise Mismatch(f"This is not of class {class_name}.", "wrong_class")
        return definition


def _surplus(name: str) -> Mismatch:
    if name.startswith("@"):
        return Mismatch("This keyword is not supported.", "unsupported")
    return Mismatch("The class has no such property.", "unknown_property")
