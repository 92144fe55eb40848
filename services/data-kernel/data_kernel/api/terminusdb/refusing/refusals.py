"""Errors with TerminusDB's own kind and members, over the platform's reason."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import islice

from data_kernel.api.terminusdb.resources import Resource
from shared.canonical import Json, encode
from shared.errors import AlreadyExists, Conflict, InvalidInput, NotFound, OmsError, Reason, Unsupported

_MAX_SHOWN = 200
_MAX_TOLD = 20
_PLAIN_ATOM = re.compile(r"[a-z]\w*")


class Refusal(OmsError):
    """What `cause` says, answered with this status and kind.

    `kind` is the `@type` of `api:error` (empty: the answer has no `api:error`), `members` stand beside it, `text` is
    TerminusDB's message, `envelope` replaces the endpoint's `@type`, which there is none of unless `is_typed`, and
    `beside` stands beside `api:error`.
    """

    def __init__(
        self,
        cause: OmsError,
        *,
        status: int = HTTPStatus.BAD_REQUEST,
        kind: str,
        members: Mapping[str, Json] | None = None,
        text: str = "",
        envelope: str = "",
        beside: Mapping[str, Json] | None = None,
        is_typed: bool = True,
    ) -> None:
        super().__init__(
            cause.detail,
            field=cause.field,
            reason=cause.reason,
            violations=cause.violations,
            retry_after_s=cause.retry_after_s,
        )
        self.status = status
        self.kind = kind
        self.members = dict(members or {})
        self.text = text or cause.detail
        self.envelope = envelope
        self.beside = dict(beside or {})
        self.is_typed = is_typed


def missing_parameter(name: str) -> Refusal:
    """A parameter that must be given is not."""
    cause = InvalidInput(f"{name}: it must be given", field=name)
    return Refusal(
        cause, kind="api:MissingParameter", members={"api:parameter": name}, text=f"Missing parameter: {name}"
    )


def bad_parameter(name: str, expected: str, value: Json) -> Refusal:
    """A parameter has a value of another type; a short value is shown again."""
    is_short = value is None or (isinstance(value, str | int) and len(str(value)) <= _MAX_SHOWN)
    return Refusal(
        InvalidInput(f"{name}: it is no {expected}", field=name),
        kind="api:BadParameterType",
        members={"api:parameter": name, "api:expected_type": expected, "api:value": value if is_short else None},
        text=f"Expected parameter '{name}' of type '{expected}` but found another value",
    )


def fields_missing(document: Json, expected: Sequence[str]) -> Refusal:
    """A body lacks members that it must have."""
    return Refusal(
        InvalidInput(f"{expected[0]}: {', '.join(expected)} must be given", field=expected[0]),
        kind="api:RequiredFieldsMissing",
        members={"api:document": document, "api:expected": list(expected)},
        envelope="api:BadAPIDocumentErrorResponse",
    )


def not_offered(what: str, field: str) -> Refusal:
    """Something that TerminusDB has and the kernel does not offer yet."""
    cause = Unsupported(f"{what} is not offered here", field=field)
    return Refusal(cause, status=HTTPStatus.NOT_IMPLEMENTED, kind="oms:Unsupported")


def invalid_path(text: str) -> Refusal:
    """The path names no kind of resource."""
    return Refusal(
        InvalidInput("the path names no resource", field="path"),
        kind="api:InvalidResourcePath",
        members={"api:resource_path": text},
        text=f"Resource path invalid: '{text}'",
    )


def no_history(descriptor: str) -> Refusal:
    """The resource is neither a branch nor a commit."""
    return Refusal(
        InvalidInput("the resource has no history", field="path"),
        kind="api:ResourceHasNoHistory",
        members={"api:absolute_descriptor": descriptor},
        text=f"Resource has no history, so log unavailable: {descriptor}",
    )


def unknown_organisation(name: str) -> Refusal:
    """There is no organisation but one."""
    return Refusal(
        NotFound("there is no such organisation", field="organisation"),
        status=HTTPStatus.NOT_FOUND,
        kind="api:UnknownOrganizationName",
        members={"api:organization_name": name},
        text=f"Unknown organization name: {name}",
    )


def unknown_database(organisation: str, database: str) -> Refusal:
    """The database is not there."""
    return Refusal(
        NotFound("there is no such database", field="database"),
        status=HTTPStatus.NOT_FOUND,
        kind="api:UnknownDatabase",
        members={"api:organization_name": organisation, "api:database_name": database},
        text=f"Unknown database: {organisation}/{database}",
    )


def unresolvable(resource: Resource, *, missing: str) -> Refusal:
    """The branch, commit or repository of a path is not there; only a branch's absence is a 400."""
    return Refusal(
        NotFound(f"there is no such {missing}", field=missing),
        status=HTTPStatus.BAD_REQUEST if missing == "branch" else HTTPStatus.NOT_FOUND,
        kind="api:UnresolvableAbsoluteDescriptor",
        members={"api:absolute_descriptor": resource.descriptor},
        text=f"The {missing} does not exist for '{resource.descriptor}'",
    )


def document_not_found(document_id: str, document: Json = None) -> Refusal:
    """There is no such document; `document` is what was to replace it."""
    return Refusal(
        NotFound(f"there is no document {document_id}", field="id"),
        status=HTTPStatus.NOT_FOUND,
        kind="api:DocumentNotFound",
        members={"api:document_id": document_id, **({} if document is None else {"api:document": document})},
        text=f"Document not found: '{document_id}'",
    )


def named_repeatedly(cause: InvalidInput, repeated: Sequence[str]) -> Refusal:
    """One request writes a document twice; `repeated` are the ids that were given and show it."""
    return Refusal(
        cause,
        kind="api:SameDocumentIdsMutatedInOneTransaction",
        members={"api:duplicate_ids": list(repeated)},
        text="Tried to mutate document with same id multiple times",
    )


def wrong_kind_of_value(cause: InvalidInput, value: Json, expected: str) -> Refusal:
    """A value in a body is of no kind that could be meant, as TerminusDB's language tells it."""
    literal = prolog_text(value)
    witness: dict[str, Json] = {
        "@type": "vio:ViolationWithDatatypeObject",
        "vio:literal": literal,
        "vio:message": f"Type error for {literal} which should be {expected}",
        "vio:type": expected,
    }
    return Refusal(
        cause,
        kind="api:TypeError",
        members={"api:actual_value": literal, "api:expected_type": expected},
        envelope="api:WoqlErrorResponse",
        beside={"system:witnesses": [witness]},
    )


def prolog_text(value: Json) -> str:
    """A short JSON value as Prolog writes it; a long one is cut."""
    match value:
        case dict():
            pairs = (f"{_atom(key)}:{prolog_text(each)}" for key, each in islice(sorted(value.items()), _MAX_TOLD))
            text = f"json{{{','.join(pairs)}}}"
        case list():
            text = f"[{','.join(prolog_text(each) for each in value[:_MAX_TOLD])}]"
        case _:
            text = encode(value).decode()
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _atom(text: str) -> str:
    return text if _PLAIN_ATOM.fullmatch(text) else f"'{text}'"


def already_exists(cause: AlreadyExists, kind: str, members: Mapping[str, Json], text: str = "") -> Refusal:
    """What should be made is there."""
    return Refusal(cause, kind=kind, members=members, text=text)


def version_mismatch(requested: str, actual: str) -> Refusal:
    """The resource is not at the data version that the request names."""
    return Refusal(
        Conflict("the branch is not at the data version asked for", field="expected_head", reason=Reason.STALE_HEAD),
        kind="api:DataVersionMismatch",
        members={"api:requested_data_version": requested, "api:actual_data_version": actual},
        text="Requested data version in header does not match actual data version.",
    )


def bad_version(text: str) -> Refusal:
    """The data version's header is none."""
    return Refusal(
        InvalidInput("TerminusDB-Data-Version: it is <label>:<value>", field="TerminusDB-Data-Version"),
        kind="api:BadDataVersion",
        members={"api:data_version": text},
        text=f"Bad data version: {text}",
    )
