"""What TerminusDB says of ids, classes and names in a request in the place of witnesses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data_kernel.api.terminusdb.refusing.refusals import Refusal, named_repeatedly, wrong_kind_of_value
from data_kernel.domain.prefixes import Prefixes
from data_kernel.domain.schema import Schema
from data_kernel.domain.validation import elaborate
from data_kernel.domain.validation.captures import CAPTURE, REF
from shared.canonical import Json
from shared.errors import InvalidInput, ValidationFailed, Violation

_Tell = Callable[[dict[str, Json]], Refusal | None]


@dataclass(frozen=True, slots=True)
class RefusedIds:
    """Tells for what refused the documents of one request, and the schema that they were held to."""

    error: ValidationFailed
    schema: Schema
    prefixes: Prefixes
    documents: Sequence[Json]

    def of(self, violation: Violation, document: dict[str, Json]) -> Refusal | None:
        """The refusal that a violation in a document stands for, where it is one of these."""
        tell: Mapping[str, _Tell] = {
            "id_form": self._id_form,
            "id_mismatch": self._id_mismatch,
            "type_missing": self._class_is_no_text,
            "subdocument_alone": self._subdocument_alone,
            "capture_repeated": self._captured_twice,
        }
        if violation.rule == "key_repeated":
            return self._key_repeated(violation)
        if violation.rule == "capture_unbound":
            return self._not_captured()
        is_inside = violation.path.count("/", violation.path.find("#")) > 1 and violation.rule.startswith("id_")
        known = tell.get(violation.rule)
        return known(document) if known is not None and not is_inside else None

    def _id_form(self, document: dict[str, Json]) -> Refusal | None:
        given = document.get("@id")
        told: dict[str, Json] = {"api:document": document}
        if not isinstance(given, str):
            return wrong_kind_of_value(InvalidInput("@id: an id is a text", field="@id"), given, "text")
        if not given:
            return Refusal(
                self.error, kind="api:EmptyKey", members=told, text="Empty key found in the submitted document"
            )
        definition = self.schema.classes.get(self.prefixes.short_name(str(document.get("@type"))))
        prefix = self.prefixes.full_id(definition.id_prefix) if definition is not None else ""
        submitted = self.prefixes.full_id(given)
        if not prefix or (submitted.startswith(prefix) and submitted != prefix):
            return None
        members = told | {"api:prefix": prefix, "api:submitted_id": submitted}
        text = f"Document id '{submitted}' does not have expected prefix '{prefix}'"
        return Refusal(self.error, kind="api:SubmittedDocumentIdDoesNotHaveExpectedPrefix", members=members, text=text)

    def _id_mismatch(self, document: dict[str, Json]) -> Refusal | None:
        without = {name: value for name, value in document.items() if name != "@id"}
        made = self.prefixes.full_id(elaborate(self.schema, without).id)
        submitted = self.prefixes.full_id(str(document.get("@id")))
        members: dict[str, Json] = {
            "api:document": document,
            "api:generated_id": made,
            "api:submitted_id": submitted,
        }
        text = f"Document was submitted with id '{submitted}', but id '{made}' was generated"
        return Refusal(self.error, kind="api:SubmittedIdDoesNotMatchGeneratedId", members=members, text=text)

    def _class_is_no_text(self, document: dict[str, Json]) -> Refusal | None:
        given = document.get("@type")
        cause = InvalidInput("@type: the name of a class is a text", field="@type")
        if isinstance(given, list) and given:
            return wrong_kind_of_value(cause, given[0], "character_code")
        return wrong_kind_of_value(cause, given, "text") if "@type" in document else None

    def _subdocument_alone(self, document: dict[str, Json]) -> Refusal:
        text = "Tried to insert a subdocument as a document without specifying backlinks."
        return Refusal(
            self.error, kind="api:InsertedSubdocumentAsDocument", members={"api:document": document}, text=text
        )

    def _captured_twice(self, document: dict[str, Json]) -> Refusal:
        members: dict[str, Json] = {"api:capture": document.get(CAPTURE), "api:document": document}
        text = "Tried to insert a document with a capture id which was bound earlier."
        return Refusal(self.error, kind="api:CaptureIdAlreadyBound", members=members, text=text)

    def _not_captured(self) -> Refusal:
        used = _named([*self.documents], REF) - _named([*self.documents], CAPTURE)
        members: dict[str, Json] = {"api:captures": [*sorted(used)]}
        return Refusal(
            self.error, kind="api:NotAllCapturesFound", members=members, text="Ids were referenced but never captured."
        )

    def _key_repeated(self, violation: Violation) -> Refusal:
        cause = InvalidInput("documents: several subdocuments of one have the same id", field="documents")
        return named_repeatedly(cause, [self.prefixes.full_id(violation.message.rpartition(" ")[2])])


def _named(value: Json, keyword: str) -> set[str]:
    """The names that a keyword has anywhere in a value."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += each.values()
            name = each.get(keyword)
            found |= {name} if isinstance(name, str) else set()
    return found
