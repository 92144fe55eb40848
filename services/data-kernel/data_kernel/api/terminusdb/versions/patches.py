"""Changing stored documents by differences: `POST /api/patch/{path}` and `POST /api/apply/{path}`."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import success
from data_kernel.api.terminusdb.classes.prefixes import prefixes_of
from data_kernel.api.terminusdb.documents.writing import Write
from data_kernel.api.terminusdb.refusing.explanations import Explanation
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import Refusal, bad_parameter, document_not_found
from data_kernel.api.terminusdb.versions.moving import COMMIT_INFO, Asked, Object
from data_kernel.api.terminusdb.versions.references import referring_to, revision_of
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.ports import WriteOutcome
from data_kernel.application.versioning.patch_plans import UnexpectedDocuments
from data_kernel.domain.comparing import Conflicting, NoPatch, patched_document, subject_of
from data_kernel.domain.documents import Graph
from shared.canonical import Json, decode
from shared.context import current
from shared.errors import NotFound, OmsError, ValidationFailed

_OLD, _NEW, _KIND, _FINAL = "before_commit", "after_commit", "type", "match_final_state"


async def patch_documents(request: Request, kernel: TheKernel) -> Response:
    """Apply one difference or several, each with `@id`, in one commit; answers their ids."""
    asked = await Asked.of(request, kernel, "patch")
    asked.require("patch")
    given, accepts_final = asked.body["patch"], asked.flag(_FINAL, default=True)
    patches = given if isinstance(given, list) else [given]
    write = await asked.write_saying({name: asked.body.get(name) for name in ("author", "message")})

    async def call() -> WriteOutcome:
        database, options, context = write.resource.database, write.options, current()
        try:
            return await kernel.patches.patch(database, patches, options, context, accepts_final=accepts_final)
        except UnexpectedDocuments as error:
            raise _patch_conflict(error) from error
        except NotFound as error:
            raise await _unknown_document(write, patches, error) from error
        except ValidationFailed as error:
            raise await _schema_check_failure(write, patches, error) from error

    outcome = await write.run(call)
    return await write.answer(outcome, outcome.ids)


async def apply_difference(request: Request, kernel: TheKernel) -> Response:
    """Do on the branch what leads from one commit, or branch, to another; in one commit, to documents only."""
    asked = await Asked.of(request, kernel, "apply")
    asked.require(_OLD, _NEW, COMMIT_INFO, told=(_OLD, _NEW, COMMIT_INFO, _KIND))
    if asked.body.get(_KIND, "squash") != "squash":
        raise bad_parameter(_KIND, "type (squash)", asked.body[_KIND])
    accepts_final = asked.flag(_FINAL, default=True)
    write = await asked.write_saying(asked.body[COMMIT_INFO])
    old, new = [await _revision(write, asked.text(name)) for name in (_OLD, _NEW)]

    async def call() -> WriteOutcome:
        database, options, context = write.resource.database, write.options, current()
        try:
            return await kernel.patches.apply(database, old, new, options, context, accepts_final=accepts_final)
        except UnexpectedDocuments as error:
            raise _apply_error(error) from error

    return success("api:ApplyResponse", write.headers(await write.run(call)))


async def _revision(write: Write, reference: str) -> NamedRevision:
    named = revision_of(reference)
    with referring_to(reference), in_terms_of(write.resource):
        await write.kernel.reads.get(write.resource.database, named, [], current())
    return named


def _patch_conflict(error: UnexpectedDocuments) -> Refusal:
    return Refusal(
        error,
        status=HTTPStatus.CONFLICT,
        kind="api:PatchConflict",
        members={"api:conflicts": error.conflicts},
        envelope="api:PatchResponse",
        text="The patch did not apply cleanly because of the attached conflicts",
    )


def _apply_error(error: UnexpectedDocuments) -> Refusal:
    beside: dict[str, Json] = {"api:witnesses": error.conflicts}
    return Refusal(error, status=HTTPStatus.CONFLICT, kind="", envelope="api:ApplyError", beside=beside)


async def _unknown_document(write: Write, patches: Sequence[Json], error: NotFound) -> OmsError:
    if error.field != "id":
        return error
    for document_id, document, _ in await _targets(write, patches):
        if document is None:
            return document_not_found(document_id)
    return error


async def _schema_check_failure(write: Write, patches: Sequence[Json], error: ValidationFailed) -> OmsError:
    """The documents as the differences would make them, told as TerminusDB tells it of patches."""
    documents = []
    for _, document, patch in await _targets(write, patches):
        try:
            documents.append(patched_document(document, patch, accepts_final=True))
        except (Conflicting, NoPatch):
            continue  # it has become another one meanwhile, and is told by its place alone
    told = await Explanation(write.kernel, write.resource, Graph.INSTANCE, documents).of(error)
    if not isinstance(told, Refusal) or "api:witnesses" not in told.members:
        return told
    beside = {"system:witnesses": told.members["api:witnesses"]}
    return Refusal(error, kind="", text=told.text, is_typed=False, beside=beside)


async def _targets(write: Write, patches: Sequence[Json]) -> list[tuple[str, Object | None, Object]]:
    """Each difference with the id and the present state of its document."""
    context = current()
    revision = write.resource.revision(context)
    prefixes = await prefixes_of(write.kernel, write.resource.database, revision, context)
    differences = [each for each in patches if isinstance(each, dict)]
    ids = [prefixes.short_id(subject_of(each)) for each in differences]
    found = await write.kernel.reads.get(write.resource.database, revision, ids, context)
    documents = [None if each is None else decode(each.body) for each in found.documents]
    return [
        (document_id, document if isinstance(document, dict) else None, patch)
        for document_id, document, patch in zip(ids, documents, differences, strict=True)
    ]
