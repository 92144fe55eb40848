"""From a document as a caller writes it to the document as it is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from data_kernel.domain.ids import MAX_ID_BYTES, RandomKey, random_key, why_refused
from data_kernel.domain.schema import ClassDefinition, Family, KeyKind, Property, Schema
from data_kernel.domain.validation.keys import hash_key, lexical_key, value_hash_key
from data_kernel.domain.validation.mismatch import Mismatch
from data_kernel.domain.validation.values import ValueReader
from shared.canonical import Json, encode, pointer
from shared.errors import Violation

_KEYWORDS = ("@id", "@type")
_MakeKey = Callable[[Schema, ClassDefinition, dict[str, Json]], str]
_KEYS: Mapping[KeyKind, _MakeKey] = {
    KeyKind.LEXICAL: lexical_key,
    KeyKind.HASH: hash_key,
    KeyKind.VALUE_HASH: value_hash_key,
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A document that another one refers to: its id, the class it must be of, and where the reference stands."""

    target: str
    class_name: str
    path: str


@dataclass(frozen=True, slots=True)
class Elaborated:
    """What became of a document.

    Without violations `id`, `type` and `body` (canonical bytes with `@id` and `@type`) are what is to be stored. With
    some, `id` is empty where it could not be told, and `body` is empty.
    """

    id: str
    type: str
    body: bytes
    references: tuple[Reference, ...]
    violations: tuple[Violation, ...]

    @property
    def targets(self) -> frozenset[str]:
        """Ids of the documents that this one refers to."""
        return frozenset(each.target for each in self.references)


def elaborate(
    schema: Schema, document: dict[str, Json], *, label: str = "", new_key: RandomKey = random_key
) -> Elaborated:
    """Hold a document to its class: generate or check the id, bring every value to its canonical form.

    Every violation is collected; its path begins with the id, else the type, else `label`. Elaborating a stored body
    gives the same bytes.
    """
    return _Elaboration(schema, schema.prefixes.with_short_members(document), label, new_key).run()


class _Elaboration:
    def __init__(self, schema: Schema, document: dict[str, Json], label: str, new_key: RandomKey) -> None:
        self._schema = schema
        self._document = document
        self._label = label
        self._new_key = new_key
        self._found: list[tuple[tuple[str | int, ...], Mismatch]] = []
        self._reader = ValueReader(schema, self._note)

    def run(self) -> Elaborated:
        definition = self._class()
        if definition is None:
            named = self._document.get("@type")
            return self._refused("", named if isinstance(named, str) and len(named) <= MAX_ID_BYTES else self._label)
        values = self._values(definition)
        document_id = self._id(definition, values)
        if self._found:
            return self._refused(document_id, definition.name)
        stored: dict[str, Json] = {"@id": document_id, "@type": definition.name, **values}
        return Elaborated(document_id, definition.name, encode(stored), self._references(document_id), ())

    def _references(self, subject: str) -> tuple[Reference, ...]:
        return tuple(
            Reference(target, class_name, f"{subject}#{pointer(path)}")
            for target, class_name, path in self._reader.references
        )

    def _note(self, path: tuple[str | int, ...], mismatch: Mismatch) -> None:
        self._found.append((path, mismatch))

    def _refused(self, document_id: str, type_name: str) -> Elaborated:
        given = self._document.get("@id")
        subject = document_id or (given if isinstance(given, str) and len(given) <= MAX_ID_BYTES else "") or type_name
        violations = tuple(
            Violation(f"{subject}#{pointer(path)}", mismatch.rule, mismatch.message) for path, mismatch in self._found
        )
        return Elaborated(document_id, type_name, b"", self._references(subject), violations)

    def _class(self) -> ClassDefinition | None:
        name = self._document.get("@type")
        if not isinstance(name, str):
            self._note(("@type",), Mismatch("A document names its class.", "type_missing"))
            return None
        definition = self._schema.classes.get(self._schema.prefixes.short_name(name))
        if definition is None:
            self._note(("@type",), Mismatch("There is no class of this name.", "unknown_class"))
        elif definition.is_abstract:
            self._note(("@type",), Mismatch("An abstract class has no documents of its own.", "abstract_class"))
        return definition

    def _values(self, definition: ClassDefinition) -> dict[str, Json]:
        for name in self._document:
            if name not in definition.properties and name not in _KEYWORDS:
                self._note((name,), _surplus(name))
        values: dict[str, Json] = {}
        for each in definition.properties.values():
            value = self._document.get(each.name)
            if value is not None:
                self._read(each, value, values)
            elif each.family in {Family.REQUIRED, Family.LIST}:
                self._note((each.name,), Mismatch("This property is required.", "required"))
            elif each.min_count:
                self._note((each.name,), Mismatch("This property has too few values.", "cardinality"))
        self._choose(definition, values)
        return values

    def _choose(self, definition: ClassDefinition, values: dict[str, Json]) -> None:
        unread = {path[0] for path, _ in self._found if path}
        for choice in definition.choices:
            there = sum(name in values or name in unread for name in choice)
            if there == 0:
                named = ", ".join(sorted(choice))
                self._note((), Mismatch(f"One of these properties is required: {named}.", "choice_missing"))
            for name in sorted(choice & values.keys()) if there > 1 else ():
                self._note((name,), Mismatch("Only one property of a choice is given.", "choice_too_many"))

    def _read(self, each: Property, value: Json, values: dict[str, Json]) -> None:
        read = self._reader.read(each, value)
        if read is not None:
            values[each.name] = read

    def _id(self, definition: ClassDefinition, values: dict[str, Json]) -> str:
        given = self._given_id()
        make = _KEYS.get(definition.key.kind)
        if make is not None:
            return self._made_id(definition, make, values, given)
        if given is None:
            return f"{definition.id_prefix}{self._new_key()}"
        if given and (not given.startswith(definition.id_prefix) or given == definition.id_prefix):
            self._note(("@id",), Mismatch(f"The id of a document begins with {definition.id_prefix}", "id_form"))
            return ""
        return given

    def _made_id(self, definition: ClassDefinition, make: _MakeKey, values: dict[str, Json], given: str | None) -> str:
        broken = {path[0] for path, _ in self._found if path}
        needed = definition.key.fields or definition.properties
        if given == "" or not broken.isdisjoint(needed):
            return given or ""
        made = f"{definition.id_prefix}{make(self._schema, definition, values)}"
        if given is not None and given != made:
            self._note(("@id",), Mismatch("The id is not the one that the class's key makes.", "id_mismatch"))
        elif why := why_refused(made):
            self._note(("@id",), Mismatch(why, "id_form"))
        else:
            return made
        return ""

    def _given_id(self) -> str | None:
        """The id that the document brings, shortened; empty where it is none, `None` where there is none."""
        given = self._document.get("@id")
        if given is None:
            return None
        short = self._schema.prefixes.short_id(given) if isinstance(given, str) else ""
        if why := why_refused(short):
            self._note(("@id",), Mismatch(why if isinstance(given, str) else "An id is a text.", "id_form"))
            return ""
        return short


def _surplus(name: str) -> Mismatch:
    if name.startswith("@"):
        return Mismatch("This keyword is not supported.", "unsupported")
    return Mismatch("The class has no such property.", "unknown_property")
