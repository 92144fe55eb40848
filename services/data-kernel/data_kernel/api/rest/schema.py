"""The schema graph over REST."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from data_kernel.api.rest.answers import state_headers, write_response
from data_kernel.api.rest.inputs import (
    JsonBody,
    TheBody,
    TheKernel,
    TheRevision,
    TheWrite,
    WriteInput,
    body_of,
    json_request,
)
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.application.planning import PutMode
from shared.canonical import Json
from shared.context import current
from shared.errors import InvalidInput

_PATH = "/db/{db}/schema"
ClassParameter = Annotated[str, Query(description="One class.")]


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["schema"])
    classes = json_request("A class document, or an array of them.")
    migrated = json_request(
        "A class document, an array of them, or `{classes, migration}`: the operations that bring the stored documents "
        "to these classes, in the same commit."
    )
    names = json_request("An array of class names, where none is in the URL.")
    routes.add_api_route(_PATH, get_schema, methods=["GET"], response_class=Response)
    routes.add_api_route(
        _PATH, insert_schema, methods=["POST"], status_code=201, response_class=Response, openapi_extra=classes
    )
    routes.add_api_route(_PATH, put_schema, methods=["PUT"], response_class=Response, openapi_extra=migrated)
    routes.add_api_route(_PATH, delete_schema, methods=["DELETE"], response_class=Response, openapi_extra=names)
    return routes


async def get_schema(kernel: TheKernel, db: str, revision: TheRevision, id: ClassParameter = "") -> Response:
    """An array of class documents, the context first; with `id` that class alone."""
    return await schema_response(kernel, db, revision, id)


async def insert_schema(kernel: TheKernel, db: str, body: TheBody, write: TheWrite) -> Response:
    """Write classes that are not there yet."""
    return await _put(kernel, db, body, PutMode.INSERT, write)


async def put_schema(
    kernel: TheKernel,
    db: str,
    body: TheBody,
    write: TheWrite,
    create: Annotated[bool, Query(description="Make classes that are not there, instead of 404.")] = True,
) -> Response:
    """Write classes, new ones too unless `create` is false; a `migration` brings the stored documents to them."""
    mode = PutMode.UPSERT if create else PutMode.REPLACE
    if not isinstance(body.value, dict) or "migration" not in body.value or "@type" in body.value:
        return await _put(kernel, db, body, mode, write)
    classes, operations = _array(body.value, "classes"), _array(body.value, "migration")
    options = await write.options(body)
    outcome = await kernel.writes.put_schema(db, classes, mode, options, current(), operations=operations)
    return write_response(outcome, many=True)


async def delete_schema(
    request: Request,
    kernel: TheKernel,
    db: str,
    write: TheWrite,
    id: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Delete the classes named by `?id=` (also several) or by an array in the body."""
    names, body = id or [], None
    if not names:
        body = await body_of(request)
        names = _names(body)
    outcome = await kernel.writes.delete_schema(db, names, await write.options(body), current())
    return write_response(outcome, many=body is not None or len(names) > 1)


async def schema_response(kernel: Kernel, database: str, revision: NamedRevision, class_name: str) -> Response:
    """The schema graph of a state, or one class."""
    schema = await kernel.reads.schema(database, revision, current(), class_name)
    bodies = [document.body for document in schema.classes]
    content = bodies[0] if class_name else b"[" + b",".join(bodies) + b"]"
    return Response(content, headers=state_headers(schema.state), media_type="application/json")


async def _put(kernel: Kernel, database: str, body: JsonBody, mode: PutMode, write: WriteInput) -> Response:
    outcome = await kernel.writes.put_schema(database, body.as_list(), mode, await write.options(body), current())
    created = mode is PutMode.INSERT and not write.dry_run
    return write_response(outcome, many=isinstance(body.value, list), status=201 if created else 200)


def _array(body: dict[str, Json], field: str) -> list[Json]:
    value = body.get(field, [])
    if not isinstance(value, list):
        raise InvalidInput(f"{field}: it is an array", field=field)
    return value


def _names(body: JsonBody) -> list[str]:
    if not isinstance(body.value, list):
        raise InvalidInput("body: it is an array of class names, where none is in the URL", field="body")
    names = [entry for entry in body.value if isinstance(entry, str)]
    if len(names) != len(body.value):
        raise InvalidInput("body: class names are texts", field="body")
    return names
