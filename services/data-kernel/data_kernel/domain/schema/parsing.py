"""From the documents of a schema graph to a `Schema`, with everything that is wrong collected."""

from collections.abc import Mapping

from data_kernel.domain.databases import DEFAULT_PREFIXES
from data_kernel.domain.schema.documentation import undocumentable
from data_kernel.domain.schema.model import (
    CONTEXT_ID,
    DATATYPES,
    JSON_TYPE,
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
from shared.canonical import Json, pointer
from shared.errors import ValidationFailed, Violation

_CLASS_MEMBERS = {"@type", "@id", "@key", "@documentation", "@metadata"}
_ENUM_MEMBERS = {"@type", "@id", "@value", "@documentation", "@metadata"}
_FAMILIES = {family.value: family for family in (Family.OPTIONAL, Family.SET, Family.LIST)}
_KEY_MEMBERS = {KeyKind.RANDOM: {"@type"}, KeyKind.LEXICAL: {"@type", "@fields"}}
_KNOWN_ELSEWHERE = {"TaggedUnion", "Array", "Cardinality", "Table", "Foreign", "Hash", "ValueHash"}
"""Words of TerminusDB's class language that are not offered here."""


def parse_schema(documents: Mapping[str, Json], prefixes: Mapping[str, str] = DEFAULT_PREFIXES) -> Schema:
    """Read a schema graph, given by id: classes and enums by name, the context under `@context`.

    `prefixes` hold where there is no context. Errors: `ValidationFailed` with every violation, each named by class and
    member; what the full class language has and this one has not breaks the rule `unsupported`.
    """
    return _Parser(documents, prefixes).parse()


class _Parser:
    def __init__(self, documents: Mapping[str, Json], prefixes: Mapping[str, str]) -> None:
        self._documents = documents
        self._prefixes = dict(prefixes)
        self._violations: list[Violation] = []
        self._ranges: dict[str, Range] = {name: Range(RangeKind.DATATYPE, name) for name in DATATYPES}
        self._ranges[JSON_TYPE] = Range(RangeKind.JSON, JSON_TYPE)
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
        if self._violations:
            raise ValidationFailed("The schema does not hold together.", violations=self._violations)
        return Schema(self._prefixes["@base"], self._prefixes["@schema"], self._classes, self._enums)

    def _refuse(self, name: str, rule: str, message: str, *path: str | int) -> None:
        self._violations.append(Violation(f"{name}#{pointer(path)}", rule, message))

    def _name(self, name: str, body: dict[str, Json]) -> None:
        kinds = {"Class": RangeKind.CLASS, "Enum": RangeKind.ENUM}
        kind = kinds.get(str(body.get("@type")))
        if kind is None:
            return
        if why := why_not_a_name(name):
            self._refuse(name, "name", why, "@id")
        self._ranges[name] = Range(kind, name)

    def _read(self, name: str, body: dict[str, Json]) -> None:
        kind = body.get("@type")
        if kind == "@context":
            self._read_context(body)
        elif kind == "Class":
            self._read_class(name, body)
        elif kind == "Enum":
            self._read_enum(name, body)
        else:
            self._refuse_word(name, kind, "a kind of class", "@type")

    def _refuse_word(self, name: str, word: Json, what: str, *path: str | int) -> None:
        if isinstance(word, str) and word in _KNOWN_ELSEWHERE:
            self._refuse(name, "unsupported", f"{word} is not supported as {what}.", *path)
        else:
            self._refuse(name, "unknown_word", f"This is not {what}.", *path)

    def _read_context(self, body: dict[str, Json]) -> None:
        for prefix in ("@base", "@schema"):
            iri = body.get(prefix)
            if isinstance(iri, str) and ":" in iri:
                self._prefixes[prefix] = iri
            else:
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
        properties = {member: self._property(name, member, value) for member, value in members.items()}
        known = {member: each for member, each in properties.items() if each is not None}
        self._refuse_documentation(name, body, "@properties", members)
        key = self._key(name, body["@key"], known) if "@key" in body else Key()
        self._classes[name] = ClassDefinition(name, key, known)

    def _refuse_members(self, name: str, body: dict[str, Json], supported: set[str]) -> None:
        for member in sorted(body.keys() - supported):
            self._refuse(name, "unsupported", f"{member} is not supported.", member)

    def _refuse_documentation(
        self, name: str, body: dict[str, Json], member: str, known: list[str] | dict[str, Json]
    ) -> None:
        for path, message in undocumentable(body.get("@documentation"), member, frozenset(known)):
            self._refuse(name, "documentation", message, "@documentation", *path)

    def _property(self, name: str, member: str, value: Json) -> Property | None:
        if why := why_not_a_name(member):
            self._refuse(name, "name", why, member)
        if not isinstance(value, dict):
            return self._typed(name, member, Family.REQUIRED, value)
        word = value.get("@type")
        family = _FAMILIES.get(word) if isinstance(word, str) else None
        if family is None:
            self._refuse_word(name, word, "a family of values", member, "@type")
            return None
        for surplus in sorted(value.keys() - {"@type", "@class"}):
            self._refuse(name, "unsupported", f"{surplus} is not supported.", member, surplus)
        return self._typed(name, member, family, value.get("@class"))

    def _typed(self, name: str, member: str, family: Family, word: Json) -> Property | None:
        found = self._ranges.get(word) if isinstance(word, str) else None
        if found is not None:
            return Property(member, family, found)
        if isinstance(word, str) and word.startswith(("xsd:", "sys:", "xdd:", "rdf:", "rdfs:")):
            self._refuse(name, "unsupported", "This datatype is not supported.", member)
        elif isinstance(word, str):
            self._refuse(name, "unknown_type", "This is neither a datatype nor a class nor an enum here.", member)
        else:
            self._refuse(name, "unsupported", "The type of a value is a name.", member)
        return None

    def _members(self, name: str) -> list[str]:
        """Names of the properties of a class, those included that could not be read."""
        body = self._documents[name]
        return [member for member in body if not member.startswith("@")] if isinstance(body, dict) else []

    def _key(self, name: str, key: Json, properties: Mapping[str, Property]) -> Key:
        word = key.get("@type") if isinstance(key, dict) else None
        if not isinstance(key, dict) or word not in {"Random", "Lexical"}:
            self._refuse_word(name, word, "a key", "@key")
            return Key()
        kind = KeyKind(str(word))
        for surplus in sorted(key.keys() - _KEY_MEMBERS[kind]):
            self._refuse(name, "unsupported", f"{surplus} is not supported.", "@key", surplus)
        return Key(kind, self._key_fields(name, key, properties) if kind is KeyKind.LEXICAL else ())

    def _key_fields(self, name: str, key: dict[str, Json], properties: Mapping[str, Property]) -> tuple[str, ...]:
        names = key.get("@fields")
        if not isinstance(names, list) or not names:
            self._refuse(name, "key", "A lexical key names its fields.", "@key", "@fields")
            return ()
        fields = []
        for index, field in enumerate(names):
            each = properties.get(field) if isinstance(field, str) else None
            if not isinstance(field, str) or field not in self._members(name):
                self._refuse(name, "key", "A key's field is a property of the class.", "@key", "@fields", index)
            elif each is not None and each.range.kind is RangeKind.JSON:
                self._refuse(name, "unsupported", "sys:JSON is no part of a key.", "@key", "@fields", index)
            else:
                fields.append(field)
        return tuple(fields)
