"""Violations of the schema in the form of TerminusDB's witnesses."""

from collections.abc import Mapping

from data_kernel.api.terminusdb.prefixes import Prefixes
from data_kernel.api.terminusdb.refusals import Refusal
from shared.canonical import Json
from shared.errors import ValidationFailed, Violation

_KINDS: Mapping[str, str] = {
    "required": "required_field_does_not_exist_in_document",
    "unknown_property": "unknown_property_for_type",
    "unknown_class": "ascribed_type_does_not_exist",
    "type_missing": "no_unique_type_for_document",
    "wrong_type": "could_not_interpret_as_type",
    "enum_value": "not_a_valid_enum",
    "reference": "references_untyped_object",
    "referenced": "instance_not_cardinality_one",
}


def schema_check_failure(error: ValidationFailed, prefixes: Prefixes) -> Refusal:
    """The refusal of a change that breaks the schema, with a witness for each violation."""
    witnesses: list[Json] = [_witness(violation, prefixes) for violation in error.violations]
    return Refusal(
        error, kind="api:SchemaCheckFailure", members={"api:witnesses": witnesses}, text="Schema check failure"
    )


def _witness(violation: Violation, prefixes: Prefixes) -> Json:
    subject, _, pointer = violation.path.partition("#")
    witness: dict[str, Json] = {"@type": _KINDS.get(violation.rule, violation.rule)}
    if "/" in subject:
        witness["instance"] = prefixes.full_id(subject)
    elif subject:
        witness["class"] = prefixes.full_name(subject)
    name = pointer.removeprefix("/").partition("/")[0]
    if name:
        witness["predicate"] = name if name.startswith("@") else prefixes.full_name(name)
    return witness
