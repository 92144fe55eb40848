"""Routes of earlier days, on the default database or the one that `X-Database` names."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from data_kernel.api.rest.document_writes import IdParameter, patch_response
from data_kernel.api.rest.inputs import JSON_PATCH, MERGE_PATCH, TheBody, TheKernel, TheRevision, TheWrite, json_request
from data_kernel.api.rest.schema import ClassParameter, schema_response


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["aliases"])
    patch = json_request("A merge patch, which may carry `@id`, or a JSON Patch.", MERGE_PATCH, JSON_PATCH)
    routes.add_api_route("/document", patch_document, methods=["PATCH"], response_class=Response, openapi_extra=patch)
    routes.add_api_route("/schema", get_schema, methods=["GET"], response_class=Response)
    return routes


async def patch_document(
    request: Request,
    kernel: TheKernel,
    body: TheBody,
    write: TheWrite,
    id: IdParameter = "",
) -> Response:
    """As `PATCH /db/{db}/doc/{id}`."""
    return await patch_response(kernel, "", id, request.headers.get("content-type", ""), body, write)


async def get_schema(kernel: TheKernel, revision: TheRevision, id: ClassParameter = "") -> Response:
    """As `GET /db/{db}/schema`."""
    return await schema_response(kernel, "", revision, id)
