"""Writing documents and classes: `POST`, `PUT` and `DELETE /api/document/{path}`; each request is one commit."""

from contextlib import aclosing

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import JsonBody, TheKernel
from data_kernel.api.terminusdb.classes.prefixes import prefixes_of
from data_kernel.api.terminusdb.documents.document_reads import answer_documents, state_of
from data_kernel.api.terminusdb.documents.identities import identified, merged
from data_kernel.api.terminusdb.documents.writing import Write
from data_kernel.api.terminusdb.parameters import effective_method, json_body
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import Refusal, bad_parameter, wrong_kind_of_value
from data_kernel.api.terminusdb.refusing.schema_refusals import inserting_context
from data_kernel.application.ports import WriteOutcome
from data_kernel.application.put_mode import PutMode
from data_kernel.application.reads import ListQuery
from data_kernel.domain.documents import Graph
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import Json
from shared.context import current
from shared.errors import InvalidInput, NotFound, TooLarge

_NOT_OFFERED = ("require_migration", "allow_destructive_migration")
_DELETE_ATTEMPTS = 5


async def insert_documents(request: Request, kernel: TheKernel) -> Response:
    """Insert one document, or an array of them; with the override header the body is a query instead."""
    body = await json_body(request, of_documents=True)
    if effective_method(request) == "GET":
        return await answer_documents(request, kernel, body.value)
    write = await Write.of(request, kernel, body)
    # Classes are never overwritten by an insert, whatever it says.
    overwrites = write.parameters.flag("overwrite") and write.graph is Graph.INSTANCE
    mode = PutMode.UPSERT if overwrites else PutMode.INSERT
    return await _put(write, body, mode, full=write.parameters.flag("full_replace"))


async def replace_documents(request: Request, kernel: TheKernel) -> Response:
    """Replace documents, or with `create` insert or replace them."""
    body = await json_body(request, of_documents=True)
    write = await Write.of(request, kernel, body)
    mode = PutMode.UPSERT if write.parameters.flag("create") else PutMode.REPLACE
    return await _put(write, body, mode, full=False)


async def delete_documents(request: Request, kernel: TheKernel) -> Response:
    """Delete by `id`, by an array of ids in the body, by `type`, or everything with `nuke`."""
    body = await json_body(request)
    write = await Write.of(request, kernel, body)
    write.parameters.refuse("require_migration", "allow_destructive_migration")
    with in_terms_of(write.resource):
        outcome = await _deleted(write, body)
    return Response(status_code=204, headers=write.headers(outcome))


async def _put(write: Write, body: JsonBody, mode: PutMode, *, full: bool) -> Response:
    write.parameters.refuse(*_NOT_OFFERED)
    documents, raw = [] if body.value is None else body.as_list(), write.parameters.flag("raw_json")
    _refuse_no_objects(documents, raw=raw)
    if write.graph is Graph.SCHEMA:
        _refuse_misplaced_context(documents, mode, full=full)
    if not documents and not full:
        return await write.answer(await write.nothing(), ())

    ids: list[str] = []
    if write.parameters.flag("merge_repeats") and write.graph is Graph.INSTANCE and not raw:
        with in_terms_of(write.resource):
            subjects = await identified(write.kernel, write.resource, documents)
        documents, ids = merged(subjects), [each.id for each in subjects]

    async def call() -> WriteOutcome:
        writes, database, options, context = write.kernel.writes, write.resource.database, write.options, current()
        if write.graph is Graph.SCHEMA:
            return await writes.put_schema(database, documents, mode, options, context, full=full)
        if raw:
            return await writes.put_raw(database, documents, mode, options, context, size_bytes=body.size_bytes)
        if full:
            return await writes.replace_all(database, documents, options, context, size_bytes=body.size_bytes)
        return await writes.put(database, documents, mode, options, context, size_bytes=body.size_bytes)

    outcome = await write.run(call, documents=documents)
    written = ids if ids and "" not in ids else outcome.ids
    return await write.answer(outcome, [each for each in written if not full or each != CONTEXT_ID])


def _refuse_misplaced_context(documents: list[Json], mode: PutMode, *, full: bool) -> None:
    """The context of a schema graph is never inserted; a graph that is replaced as a whole begins with one."""
    contexts = [each for each in documents if isinstance(each, dict) and each.get("@type") == CONTEXT_ID]
    if contexts and not full and mode is PutMode.INSERT:
        raise inserting_context(InvalidInput("documents: a context is not inserted", field="documents"), contexts[0])
    if full and not contexts:
        raise Refusal(
            InvalidInput("documents: there is no context among them", field="documents"),
            kind="api:NoContextFoundInSchema",
            text="No context found in submitted schema",
        )


def _refuse_no_objects(documents: list[Json], *, raw: bool) -> None:
    for index, each in enumerate(documents):
        if not isinstance(each, dict):
            cause = InvalidInput(f"documents/{index}: a document is a JSON object", field=f"documents/{index}")
            raise wrong_kind_of_value(cause, each, "'dict-data'" if raw else "dict")


async def _deleted(write: Write, body: JsonBody) -> WriteOutcome:
    one, type_name = write.parameters.text("id"), write.parameters.text("type")
    if write.parameters.flag("nuke"):
        return await _delete_all(write, "")
    if one:
        return await _delete(write, [await _stored_id(write, one)])
    if type_name:
        return await _delete_all(write, await _stored_name(write, type_name))
    if body.value is None:
        raise Refusal(
            InvalidInput("id: nothing to be deleted is named", field="id"),
            kind="api:MissingTargets",
            text="Missing target(s) for deletion",
        )
    return await _delete_present(write, [await _stored_id(write, each) for each in _texts(body)])


async def _delete(write: Write, ids: list[str]) -> WriteOutcome:
    async def call() -> WriteOutcome:
        writes, database = write.kernel.writes, write.resource.database
        delete = writes.delete_schema if write.graph is Graph.SCHEMA else writes.delete
        return await delete(database, ids, write.options, current())

    return await write.run(call, ids=ids)


async def _delete_present(write: Write, ids: list[str]) -> WriteOutcome:
    """Delete those of a list that are there; the others are passed over.

    The whole list is tried first: so a repeated idempotency key finds its answer although the documents are gone.
    """
    left = list(dict.fromkeys(ids))
    for _ in range(_DELETE_ATTEMPTS):
        if not left:
            return await write.nothing()
        try:
            return await _delete(write, left)
        except Refusal as error:
            if error.kind != "api:DocumentNotFound":
                raise
        left = await _present(write, left)
    raise NotFound("documents went away during every attempt to delete them", field="id")


async def _present(write: Write, ids: list[str]) -> list[str]:
    context = current()
    revision = write.resource.revision(context)
    found = await write.kernel.reads.get(write.resource.database, revision, ids, context, write.graph)
    return [document.id for document in found.documents if document is not None]


async def _delete_all(write: Write, type_name: str) -> WriteOutcome:
    """Delete the documents of a type, or all of them, in one commit; the context of a schema graph stays."""
    context, limit = current(), write.kernel.settings.limits.documents_per_request
    ids: list[str] = []
    for name in await _with_descendants(write, type_name):
        query = ListQuery(
            write.resource.database,
            write.resource.revision(context),
            type_name=name,
            graph=write.graph,
            count=limit + 1,
        )
        listing = await write.kernel.reads.listing(query, context)
        async with aclosing(listing.batches()) as batches:
            ids += [document.id async for batch in batches for document in batch if document.id != CONTEXT_ID]
        if len(ids) > limit:
            raise TooLarge(f"ids: there are more than {limit} documents to be deleted", field="ids")
    return await _delete_present(write, ids)


async def _with_descendants(write: Write, type_name: str) -> list[str]:
    """The class with those that inherit from it; of classes themselves the one kind that is named."""
    if not type_name or write.graph is Graph.SCHEMA:
        return [type_name]
    shapes = await write.kernel.shapes.of(write.resource.database, await state_of(write.kernel, write.resource))
    return shapes.with_descendants(type_name)


async def _stored_id(write: Write, document_id: str) -> str:
    if write.graph is Graph.SCHEMA:
        return await _stored_name(write, document_id)
    context = current()
    prefixes = await prefixes_of(write.kernel, write.resource.database, write.resource.revision(context), context)
    return prefixes.short_id(document_id)


async def _stored_name(write: Write, name: str) -> str:
    context = current()
    prefixes = await prefixes_of(write.kernel, write.resource.database, write.resource.revision(context), context)
    return prefixes.short_name(name)


def _texts(body: JsonBody) -> list[str]:
    texts = []
    for each in body.as_list():
        if not isinstance(each, str) or not each:
            raise bad_parameter("id", "non-empty string", None)
        texts.append(each)
    return texts
