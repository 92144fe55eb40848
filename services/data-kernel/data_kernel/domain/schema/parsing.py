"""From the documents of a schema graph to a `Schema`, with everything that is wrong collected."""

from collections.abc import Mapping
from dataclasses import replace

from data_kernel.domain.databases import DEFAULT_PREFIXES
from data_kernel.domain.prefixes import Prefixes
from data_kernel.domain.schema.documentation import undocumentable
from data_kernel.domain.schema.inheritance import resolved
from data_kernel.domain.schema.model import (
    CONTEXT_ID,
    DATATYPES,
    JSON_TYPE,
    RAW_CLASS,
    UNIT_TYPE,
    ClassDefinition,
    EnumDefinition,
    Family,
    Key,
    KeyKind,
    Property,
    Range,
    RangeKind,
    Schema,
)
from data_kernel.domain.schema.names import why_not_a_name
from data_kernel.domain.schema.properties import PropertyReader, refuse_word
from shared.canonical import Json, pointer
from shared.errors import ValidationFailed, Violation

_TAGGED_UNION = "TaggedUnion"
_CLASS_MEMBERS = {
    *("@type", "@id", "@key", "@base", "@documentation", "@metadata"),
    *("@inherits", "@abstract", "@subdocument", "@unfoldable", "@oneOf"),
}
_ENUM_MEMBERS = {"@type", "@id", "@value", "@documentation", "@metadata"}
_KEY_KINDS = {kind.value: kind for kind in KeyKind}
_KEYS_OF_FIELDS = {KeyKind.LEXICAL, KeyKind.HASH}


def parse_schema(documents: Mapping[str, Json], prefixes: Mapping[str, str] = DEFAULT_PREFIXES) -> Schema:
    """Read a schema graph, given by id: classes and enums by name, the context under `@context`.

    `prefixes` hold where there is no context. Errors: `ValidationFailed` with every violation, each named by class and
    member; what the full class language has and this one has not breaks the rule `unsupported`.
    """
    return _Parser(documents, prefixes).parse()


class _Parser:
    def __init__(self, documents: Mapping[str, Json], prefixes: Mapping[str, str]) -> None:
        self._documents = documents
        context = documents.get(CONTEXT_ID)
        self._prefixes = Prefixes.read(context if isinstance(context, dict) else {}, prefixes)
        self._violations: list[Violation] = []
        self._ranges: dict[str, Range] = {name: Range(RangeKind.DATATYPE, name) for name in DATATYPES}
        self._ranges[JSON_TYPE] = Range(RangeKind.JSON, JSON_TYPE)
        self._ranges[UNIT_TYPE] = Range(RangeKind.UNIT, UNIT_TYPE)
        self._reader = PropertyReader(self._ranges, self._refuse)
        self._parents: dict[str, tuple[str, ...]] = {}
        self._classes: dict[str, ClassDefinition] = {}
        self._enums: dict[str, EnumDefinition] = {}

    def parse(self) -> Schema:
        for name, body in self._documents.items():
            if isinstance(body, dict):
                self._name(name, body)
        for name, body in self._documents.items():
            if isinstance(body, dict):
                self._read(name, body)
            else:
                self._refuse(name, "wrong_type", "A class is a JSON object.")
        self._classes = resolved(self._classes, self._parents, self._refuse)
        for name, definition in self._classes.items():
            self._classes[name] = replace(definition, key=self._key(name, definition))
        if self._violations:
            raise ValidationFailed("The schema does not hold together.", violations=self._violations)
        return Schema(self._prefixes, self._classes, self._enums)

    def _refuse(self, name: str, rule: str, message: str, *path: str | int) -> None:
        self._violations.append(Violation(f"{name}#{pointer(path)}", rule, message))

    def _name(self, name: str, body: dict[str, Json]) -> None:
        kinds = {"Class": RangeKind.CLASS, _TAGGED_UNION: RangeKind.CLASS, "Enum": RangeKind.ENUM}
        kind = kinds.get(str(body.get("@type")))
        if kind is None:
            return
        if why := why_not_a_name(name):
            self._refuse(name, "name", why, "@id")
        if name == RAW_CLASS:
            self._refuse(name, "reserved_name", "This is the class of raw JSON.", "@id")
        self._ranges[name] = Range(kind, name)

    def _read(self, name: str, body: dict[str, Json]) -> None:
        kind = body.get("@type")
        if kind == "@context":
            self._read_context(body)
        elif kind in {"Class", _TAGGED_UNION}:
            self._read_class(name, body)
        elif kind == "Enum":
            self._read_enum(name, body)
        else:
            refuse_word(self._refuse, name, kind, "a kind of class", "@type")

    def _read_context(self, body: dict[str, Json]) -> None:
        for prefix in ("@base", "@schema"):
            iri = body.get(prefix)
            if not isinstance(iri, str) or ":" not in iri:
                self._refuse(CONTEXT_ID, "prefix", f"The context's {prefix} is an IRI.", prefix)

    def _read_enum(self, name: str, body: dict[str, Json]) -> None:
        self._refuse_members(name, body, _ENUM_MEMBERS)
        values = body.get("@value")
        texts = [each for each in values if isinstance(each, str) and each] if isinstance(values, list) else []
        if not isinstance(values, list) or not texts or len(set(texts)) != len(values):
            self._refuse(name, "enum_values", "An enum has a list of different texts, at least one.", "@value")
        self._refuse_documentation(name, body, "@values", texts)
        self._enums[name] = EnumDefinition(name, tuple(texts))

    def _read_class(self, name: str, body: dict[str, Json]) -> None:
        members = {member: value for member, value in body.items() if not member.startswith("@")}
        self._refuse_members(name, body, _CLASS_MEMBERS | members.keys())
        is_union = body.get("@type") == _TAGGED_UNION
        alternatives = [*self._alternatives(name, body), *([((), members)] if is_union and members else [])]
        properties = {} if is_union else self._properties(name, members)
        for place, each in alternatives:
            properties |= {key: _chosen(read) for key, read in self._properties(name, each, *place).items()}
        named = [*members, *(key for _, each in alternatives for key in each)]
        self._refuse_documentation(name, body, "@properties", named)
        self._parents[name] = self._inherited(name, body.get("@inherits", []))
        choices = frozenset(frozenset(each) for _, each in alternatives)
        self._mark(name, body, "@unfoldable")
        self._classes[name] = ClassDefinition(
            name,
            Key(),
            properties,
            choices,
            is_abstract=self._mark(name, body, "@abstract"),
            is_subdocument=self._mark(name, body, "@subdocument"),
            base=self._base(name, body),
        )

    def _properties(self, name: str, members: Mapping[str, Json], *above: str | int) -> dict[str, Property]:
        read = {member: self._reader.read(name, member, value, *above) for member, value in members.items()}
        return {member: each for member, each in read.items() if each is not None}

    def _alternatives(self, name: str, body: dict[str, Json]) -> list[tuple[tuple[str | int, ...], dict[str, Json]]]:
        """The groups of properties of which a document has one, with their places."""
        given = body.get("@oneOf", [])
        several = given if isinstance(given, list) else [given]
        found: list[tuple[tuple[str | int, ...], dict[str, Json]]] = []
        for index, each in enumerate(several):
            place = ("@oneOf", index) if isinstance(given, list) else ("@oneOf",)
            if isinstance(each, dict) and each:
                found.append((place, each))
            else:
                self._refuse(name, "choice", "A choice is an object of properties, at least one.", *place)
        return found

    def _inherited(self, name: str, given: Json) -> tuple[str, ...]:
        parents = []
        for index, each in enumerate(given if isinstance(given, list) else [given]):
            found = self._ranges.get(each) if isinstance(each, str) else None
            if found is None or found.kind is not RangeKind.CLASS:
                place = ("@inherits", index) if isinstance(given, list) else ("@inherits",)
                self._refuse(name, "unknown_parent", "There is no such class to inherit from.", *place)
            else:
                parents.append(found.name)
        return tuple(parents)

    def _mark(self, name: str, body: dict[str, Json], word: str) -> bool:
        """Whether the class is marked with a word, whose only value is `[]`."""
        if body.get(word, []) != []:
            self._refuse(name, "mark", f"{word} has the value [].", word)
        return word in body

    def _base(self, name: str, body: dict[str, Json]) -> str:
        base = body.get("@base", "")
        if isinstance(base, str) and ("@base" not in body or base):
            return self._prefixes.short_id(base)
        self._refuse(name, "prefix", "What the ids of a class begin with is a text.", "@base")
        return ""

    def _refuse_members(self, name: str, body: dict[str, Json], supported: set[str]) -> None:
        for member in sorted(body.keys() - supported):
            self._refuse(name, "unsupported", f"{member} is not supported.", member)

    def _refuse_documentation(
        self, name: str, body: dict[str, Json], member: str, known: list[str] | dict[str, Json]
    ) -> None:
        for rule, path, message in undocumentable(body.get("@documentation"), member, frozenset(known)):
            self._refuse(name, rule, message, "@documentation", *path)

    def _key(self, name: str, definition: ClassDefinition) -> Key:
        body = self._documents[name]
        if not isinstance(body, dict) or "@key" not in body:
            return Key()
        key = body["@key"]
        word = key.get("@type") if isinstance(key, dict) else None
        kind = _KEY_KINDS.get(word) if isinstance(word, str) else None
        if not isinstance(key, dict) or kind is None:
            refuse_word(self._refuse, name, word, "a key", "@key")
            return Key()
        has_fields = kind in _KEYS_OF_FIELDS
        for surplus in sorted(key.keys() - {"@type"} - ({"@fields"} if has_fields else set())):
            self._refuse(name, "unsupported", f"{surplus} is not supported.", "@key", surplus)
        return Key(kind, self._key_fields(definition, key) if has_fields else ())

    def _key_fields(self, definition: ClassDefinition, key: dict[str, Json]) -> tuple[str, ...]:
        names = key.get("@fields")
        if not isinstance(names, list) or not names:
            self._refuse(definition.name, "key", "Such a key names its fields.", "@key", "@fields")
            return ()
        fields = []
        for index, field in enumerate(names):
            each = definition.properties.get(field) if isinstance(field, str) else None
            place = ("@key", "@fields", index)
            if not isinstance(field, str) or (each is None and not self._is_unread(definition, field)):
                self._refuse(definition.name, "key", "A key's field is a property of the class.", *place)
            elif each is not None and each.range.kind is RangeKind.JSON:
                self._refuse(definition.name, "unsupported", "sys:JSON is no part of a key.", *place)
            elif each is not None and each.family is Family.ARRAY:
                self._refuse(definition.name, "unsupported", "An array is no part of a key.", *place)
            else:
                fields.append(field)
        return tuple(fields)

    def _is_unread(self, definition: ClassDefinition, field: str) -> bool:
        """Whether the class or one above it has the property, which could not be read and is told of for that."""
        bodies = (self._documents[each] for each in (definition.name, *definition.ancestors))
        return not field.startswith("@") and any(isinstance(body, dict) and field in body for body in bodies)


def _chosen(each: Property) -> Property:
    """A property of a choice, which need not be there."""
    return replace(each, family=Family.OPTIONAL) if each.family is Family.REQUIRED else each
