"""Writing documents over REST; each request is one commit."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from data_kernel.api.rest.answers import write_response
from data_kernel.api.rest.inputs import (
    JSON_PATCH,
    MERGE_PATCH,
    JsonBody,
    TheBody,
    TheKernel,
    TheWrite,
    WriteInput,
    body_of,
    json_request,
)
from data_kernel.application.kernel import Kernel
from data_kernel.application.planning import PutMode
from shared.canonical import Json
from shared.context import current
from shared.errors import InvalidInput

_MERGE_PATCHES = {"", "application/json", MERGE_PATCH}

_ALL = "/db/{db}/doc"
_ONE = "/db/{db}/doc/{id:path}"

IdParameter = Annotated[str, Query(description="`Type/key`.")]
CreateParameter = Annotated[bool, Query(description="Make documents that are not there, instead of 404.")]

RawParameter = Annotated[
    bool, Query(description="JSON objects without a class, which no schema holds to anything: `JSONDocument/key`.")
]


def router() -> APIRouter:
    """The routes; an id may stand in the path or in `?id=`."""
    routes = APIRouter(tags=["documents"])
    documents = json_request("A document, or an array of them.")
    change = json_request("A merge patch (RFC 7396) or a JSON Patch (RFC 6902).", MERGE_PATCH, JSON_PATCH)
    ids = json_request("An array of ids, where none is in the URL.")
    for method, all_, one, body in (
        ("PUT", replace, replace_one, documents),
        ("PATCH", patch, patch_one, change),
        ("DELETE", delete, delete_one, ids),
    ):
        routes.add_api_route(_ALL, all_, methods=[method], response_class=Response, openapi_extra=body)
        extra = body if method != "DELETE" else None
        routes.add_api_route(_ONE, one, methods=[method], response_class=Response, openapi_extra=extra)
    routes.add_api_route(
        _ALL, insert, methods=["POST"], status_code=201, response_class=Response, openapi_extra=documents
    )
    return routes


async def insert(kernel: TheKernel, db: str, body: TheBody, write: TheWrite) -> Response:
    """Insert one document or several; 201, or 200 for a dry run."""
    return await put_response(kernel, db, body, PutMode.INSERT, write)


async def replace(
    kernel: TheKernel,
    db: str,
    body: TheBody,
    write: TheWrite,
    create: CreateParameter = False,
    id: IdParameter = "",
    raw_json: RawParameter = False,
) -> Response:
    """Replace documents, or with `create` insert or replace them."""
    value = body.value if not id else _with_id(body.value, id)
    mode = PutMode.UPSERT if create else PutMode.REPLACE
    if raw_json:
        return await _put_raw(kernel, db, JsonBody(value, body.size_bytes), mode, write)
    return await put_response(kernel, db, JsonBody(value, body.size_bytes), mode, write)


async def replace_one(
    kernel: TheKernel, db: str, id: str, body: TheBody, write: TheWrite, create: CreateParameter = False
) -> Response:
    """Replace the document, or with `create` insert or replace it."""
    return await replace(kernel, db, body, write, create, id)


async def patch(
    request: Request, kernel: TheKernel, db: str, body: TheBody, write: TheWrite, id: IdParameter = ""
) -> Response:
    """Change one document by a merge patch or a JSON Patch, told apart by the content type."""
    return await patch_response(kernel, db, id, request.headers.get("content-type", ""), body, write)


async def patch_one(request: Request, kernel: TheKernel, db: str, id: str, body: TheBody, write: TheWrite) -> Response:
    """Change the document by a merge patch or a JSON Patch, told apart by the content type."""
    return await patch(request, kernel, db, body, write, id)


async def delete(
    request: Request, kernel: TheKernel, db: str, write: TheWrite, id: Annotated[list[str] | None, Query()] = None
) -> Response:
    """Delete the documents named by `?id=` (also several), or by an array in the body."""
    if id:
        return await _delete(kernel, db, id, write, None)
    body = await body_of(request)
    if not isinstance(body.value, list):
        raise InvalidInput("body: it is an array of ids, where none is in the URL", field="body")
    return await _delete(kernel, db, [_text(entry) for entry in body.value], write, body)


async def delete_one(kernel: TheKernel, db: str, id: str, write: TheWrite) -> Response:
    """Delete the document."""
    return await _delete(kernel, db, [id], write, None)


async def _delete(kernel: Kernel, database: str, ids: list[str], write: WriteInput, body: JsonBody | None) -> Response:
    outcome = await kernel.writes.delete(database, ids, await write.options(body), current(), if_match=write.if_match)
    return write_response(outcome, many=body is not None or len(ids) > 1)


async def put_response(kernel: Kernel, database: str, body: JsonBody, mode: PutMode, write: WriteInput) -> Response:
    """Write the documents of a body."""
    outcome = await kernel.writes.put(
        database,
        body.as_list(),
        mode,
        await write.options(body),
        current(),
        size_bytes=body.size_bytes,
        if_match=write.if_match,
    )
    created = mode is PutMode.INSERT and not write.dry_run
    return write_response(outcome, many=isinstance(body.value, list), status=201 if created else 200)


async def _put_raw(kernel: Kernel, database: str, body: JsonBody, mode: PutMode, write: WriteInput) -> Response:
    if write.if_match is not None:
        raise InvalidInput("If-Match: it is not taken for raw JSON", field="If-Match")
    documents, options = body.as_list(), await write.options(body)
    outcome = await kernel.writes.put_raw(database, documents, mode, options, current(), size_bytes=body.size_bytes)
    return write_response(outcome, many=isinstance(body.value, list))


async def patch_response(
    kernel: Kernel, database: str, document_id: str, content_type: str, body: JsonBody, write: WriteInput
) -> Response:
    """Patch the document named, or the one whose `@id` a merge patch carries."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in {*_MERGE_PATCHES, JSON_PATCH}:
        raise InvalidInput(f"content-type: {MERGE_PATCH} and {JSON_PATCH} are taken", field="content-type")
    target = document_id or _own_id(body.value)
    apply = kernel.writes.json_patch if media_type == JSON_PATCH else kernel.writes.merge_patch
    outcome = await apply(database, target, body.value, await write.options(body), current(), if_match=write.if_match)
    return write_response(outcome, many=False)


def _with_id(document: Json, document_id: str) -> Json:
    if not isinstance(document, dict):
        raise InvalidInput("body: with an id in the URL it is one document", field="body")
    if document.get("@id", document_id) != document_id:
        raise InvalidInput("body: its @id is not the id in the URL", field="body/@id")
    return {**document, "@id": document_id}


def _own_id(patch: Json) -> str:
    document_id = patch.get("@id") if isinstance(patch, dict) else None
    if not isinstance(document_id, str):
        raise InvalidInput("id: it stands in the URL, or in a merge patch as @id", field="id")
    return document_id


def _text(entry: Json) -> str:
    if not isinstance(entry, str):
        raise InvalidInput("body: ids are texts", field="body")
    return entry
