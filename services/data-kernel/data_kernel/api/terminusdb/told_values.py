"""Values that do not fit their property, as TerminusDB tells them."""

from dataclasses import dataclass

from data_kernel.api.terminusdb.refusals import Refusal
from data_kernel.domain.prefixes import Prefixes
from data_kernel.domain.schema import Property, RangeKind
from data_kernel.domain.validation.numbers import INTEGER_BOUNDS
from shared.canonical import Json, JsonNumber, encode
from shared.errors import ValidationFailed

_INTEGERS = frozenset({"xsd:integer", *(f"xsd:{name}" for name in INTEGER_BOUNDS)})
_NUMBERS = _INTEGERS | {"xsd:decimal", "xsd:double", "xsd:float"}
_ANY_TEXTS = frozenset({"xsd:string", "xsd:anySimpleType"})
_LITERAL = {"@type", "@value"}
_MARKUP = "xdd:html"


@dataclass(frozen=True, slots=True)
class ToldValues:
    """Writes names in full."""

    prefixes: Prefixes

    def wrong_type(self, each: Property, value: Json) -> Json:
        """One that is not of the property's datatype, or no reference."""
        expected = self.prefixes.full_name(each.range.name)
        if isinstance(value, dict) and value.keys() == _LITERAL:
            return self.not_subsumed(each, value)
        if isinstance(value, dict):
            return {"@type": "no_unique_type_for_document", "document": value}
        is_reference = each.range.kind is RangeKind.CLASS
        kind = "not_an_object_identifier" if is_reference else "could_not_interpret_as_type"
        return {"@type": kind, "type": expected, "value": value if is_reference else self._literal(each, value)}

    def not_subsumed(self, each: Property, value: dict[str, Json]) -> dict[str, Json]:
        """One that says itself that it is of another type."""
        ascribed, required = self.prefixes.full_name(str(value["@type"])), self.prefixes.full_name(each.range.name)
        types: dict[str, Json] = {"ascribed_type": ascribed, "required_type": required}
        return {"@type": "ascribed_type_not_subsumed", "document": value, **types}

    def _literal(self, each: Property, value: Json) -> Json:
        """A value as TerminusDB writes one of another kind than its datatype's."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str) and each.range.name == _MARKUP:
            return f"{encode(value).decode()}^^'{self.prefixes.full_name('xsd:string')}'"
        if isinstance(value, int | JsonNumber) and each.range.name not in _NUMBERS:
            number = value.text if isinstance(value, JsonNumber) else value
            return f"{number}^^'{self.prefixes.full_name('xsd:decimal')}'"
        return value

    def enum_value(self, each: Property, value: Json) -> Json:
        """One that the enum has not."""
        return {"@type": "not_a_valid_enum", "enum": self.prefixes.full_name(each.range.name), "value": value}

    def cast_failure(
        self, error: ValidationFailed, each: Property, value: Json, document: dict[str, Json]
    ) -> Refusal | None:
        """What TerminusDB says in place of witnesses: a fraction for an integer, a truth value for a text."""
        datatype = self.prefixes.full_name(each.range.name)
        if isinstance(value, JsonNumber) and each.range.name in _INTEGERS:
            members: dict[str, Json] = {"api:document": document, "api:type": datatype, "api:value": value}
            return Refusal(error, kind="api:BadCast", members=members, text="A value could not be cast.")
        if isinstance(value, bool) and each.range.name in _ANY_TEXTS:
            members = {"api:expected_type": datatype, "api:value": value}
            return Refusal(error, kind="api:UnexpectedBooleanValue", members=members, text="Unexpected boolean value.")
        return None
