"""Comparing and patching: `POST /api/diff`, `POST /api/diff/{path}` and `POST /api/patch`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import json_answer
from data_kernel.api.terminusdb.classes.prefixes import may_be_full, prefixes_of
from data_kernel.api.terminusdb.parameters import Parameters, json_body, resource_of
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import Refusal, bad_parameter, document_not_found
from data_kernel.api.terminusdb.resources import Resource
from data_kernel.api.terminusdb.versions.references import referring_to, revision_of
from data_kernel.application.kernel import Kernel
from data_kernel.domain.comparing import (
    Conflicting,
    DifferentKey,
    NoPatch,
    Style,
    difference,
    document_difference,
    patched,
    versions_of,
)
from data_kernel.domain.documents import Change
from shared.canonical import Json, decode
from shared.context import current
from shared.errors import InvalidInput, TooLarge

Object = dict[str, Json]
_BEFORE, _AFTER, _OLD, _NEW, _ID = "before", "after", "before_data_version", "after_data_version", "document_id"
_CHOICES: Json = [[_BEFORE, _AFTER], [_OLD, _NEW], [_OLD, _NEW, _ID], [_OLD, _AFTER, _ID]]


async def diff_values(request: Request) -> Response:
    """The difference of two values that the request has both of."""
    body = _object((await json_body(request)).value, "body")
    if _BEFORE not in body or _AFTER not in body:
        raise _choice_missing(body)
    return json_answer(_difference(body[_BEFORE], body[_AFTER], _style(body)))


async def diff_versions(request: Request, kernel: TheKernel) -> Response:
    """The difference of two states, or of one document in them, or of it and a document that the request has."""
    body = _object((await json_body(request)).value, "body")
    if _BEFORE in body and _AFTER in body:
        return json_answer(_difference(body[_BEFORE], body[_AFTER], _style(body)))
    if _OLD not in body or not (_NEW in body or (_AFTER in body and _ID in body)):
        raise _choice_missing(body)
    comparison = _Comparison(kernel, resource_of(request, "diff"), _style(body), Parameters.of(request, _flat(body)))
    return json_answer(await comparison.answer(body))


async def patch_value(request: Request) -> Response:
    """A value after a patch; where it is not what the patch expects, 409 with the conflicts in its shape."""
    body = _object((await json_body(request)).value, "body")
    for name in (_BEFORE, "patch"):
        if name not in body:
            raise InvalidInput(f"{name}: it must be given", field=name)
    try:
        return json_answer(patched(body[_BEFORE], body["patch"]))
    except Conflicting as found:
        return json_answer(found.conflicts, status=HTTPStatus.CONFLICT)
    except NoPatch as error:
        raise InvalidInput(f"patch: {error}", field="patch") from error


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two states of one database."""

    kernel: Kernel
    resource: Resource
    style: Style
    parameters: Parameters

    async def answer(self, body: Object) -> Json:
        """What the request asks for."""
        old = _reference(body, _OLD)
        if _ID not in body:
            return await self._of_all(old, _reference(body, _NEW))
        document_id = body[_ID]
        if not isinstance(document_id, str) or not document_id:
            raise bad_parameter(_ID, "non-empty string", document_id)
        before = await self._document(old, document_id)
        if _NEW in body:
            after = await self._document(_reference(body, _NEW), document_id)
        else:
            after = _object(body[_AFTER], _AFTER)
        if before is None and after is None:
            raise document_not_found(document_id)
        return _of_document(before, after, self.style)

    async def _document(self, reference: str, document_id: str) -> Object | None:
        context = current()
        database, revision = self.resource.database, revision_of(reference)
        with referring_to(reference), in_terms_of(self.resource):
            if may_be_full(document_id):
                document_id = (await prefixes_of(self.kernel, database, revision, context)).short_id(document_id)
            found = await self.kernel.reads.get(database, revision, [document_id], context)
        document = found.documents[0]
        return None if document is None else _object(decode(document.body), _ID)

    async def _of_all(self, old: str, new: str) -> Json:
        start, count = self.parameters.natural("start") or 0, self.parameters.natural("count")
        limit = self.kernel.settings.limits.documents_per_request
        wanted = limit if count is None else min(count, limit)
        changes = await self._changes(old, new, start + wanted + 1)
        if len(changes) > start + wanted and (count is None or count > limit):
            raise TooLarge(f"count: the states differ in more than {limit} documents; ask for a part", field="count")
        return [self._of_change(change) for change in islice(changes, start, start + wanted)]

    async def _changes(self, old: str, new: str, limit: int) -> Sequence[Change]:
        context = current()
        found: list[Change] = []
        for reference in (old, new):
            with referring_to(reference), in_terms_of(self.resource):
                await self.kernel.reads.get(self.resource.database, revision_of(reference), [], context)
        with in_terms_of(self.resource):
            batches = await self.kernel.history.diff(
                self.resource.database, revision_of(old), revision_of(new), context
            )
        async for batch in batches:
            found += batch
            if len(found) >= limit:
                break
        return found

    def _of_change(self, change: Change) -> Json:
        return _of_document(*versions_of(change), self.style)


def _of_document(before: Object | None, after: Object | None, style: Style) -> Json:
    with _naming_the_key():
        return document_difference(before, after, style)


def _difference(before: Json, after: Json, style: Style) -> Json:
    with _naming_the_key():
        return difference(before, after, style)


@contextmanager
def _naming_the_key() -> Iterator[None]:
    """Tell of a member that was to be shown and is another one on the other side."""
    try:
        yield
    except DifferentKey as error:
        raise Refusal(
            InvalidInput(f"{error.key}: it is not the same in both documents", field=error.key),
            kind="api:ExplicitlyCopiedKeyError",
            members={"api:key": error.key, "api:before": error.before, "api:after": error.after},
        ) from error


def _style(body: Object) -> Style:
    copies = body.get("copy_value", False)
    if not isinstance(copies, bool):
        raise bad_parameter("copy_value", "boolean (true, false)", copies)
    return Style({"@id": True, **_object(body.get("keep", {}), "keep")}, copies)


def _reference(body: Object, name: str) -> str:
    value = body[name]
    if not isinstance(value, str) or not value:
        raise bad_parameter(name, "non-empty string", value)
    return value


def _object(value: Json, name: str) -> Object:
    if not isinstance(value, dict):
        raise InvalidInput(f"{name}: it is a JSON object", field=name)
    return value


def _flat(body: Object) -> Object:
    """The members that are parameters."""
    return {name: body[name] for name in ("start", "count") if name in body}


def _choice_missing(body: Object) -> Refusal:
    return Refusal(
        InvalidInput("before and after, or two versions, must be given", field=_BEFORE),
        kind="api:RequiredFieldsChoiceMissing",
        members={"api:document": body, "api:expected": _CHOICES},
        envelope="api:BadAPIDocumentErrorResponse",
    )
