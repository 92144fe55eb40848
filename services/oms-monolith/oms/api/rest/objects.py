"""Objects: create, show, change and delete them."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query

from oms.api.rest.calls import At, JsonAnswer, UseCases, Writing, json_body, written
from oms.application.objects import object_id
from oms.domain.object_types import TypeName
from shared.canonical import Json

PATH = "/api/v1/objects/{type_name}"
ONE = f"{PATH}/{{key:path}}"
router = APIRouter(tags=["objects"], default_response_class=JsonAnswer)

Body = Annotated[Json, Depends(json_body)]
OBJECT_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
PATCH_BODY = {
    "requestBody": {"required": True, "content": {"application/merge-patch+json": {"schema": {"type": "object"}}}}
}


@router.post(PATH, status_code=201, openapi_extra=OBJECT_BODY)
async def create_object(type_name: TypeName, body: Body, oms: UseCases, options: Writing) -> JsonAnswer:
    """Create an object: one commit, or 422 with every violation and no commit."""
    result = await oms.objects.create(type_name, body, options)
    own_id = result.ids[0]
    return written(own_id, result, 201, {"Location": f"/api/v1/objects/{quote(own_id)}"})


@router.get(PATH)
async def list_objects(
    type_name: TypeName,
    oms: UseCases,
    at: At,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=1000)] = 100,
    page_token: Annotated[str, Query(alias="pageToken", max_length=4096)] = "",
) -> JsonAnswer:
    """One page of a type's objects in order of id; all pages show the state that the first one saw."""
    page = await oms.objects.page(type_name, page_size, page_token, at)
    return JsonAnswer({"objects": list(page.documents), "nextPageToken": page.next_page_token, "commit": page.commit})


@router.get(ONE)
async def get_object(type_name: TypeName, key: str, oms: UseCases, at: At) -> JsonAnswer:
    """One object, now or at a past state."""
    return JsonAnswer(await oms.objects.get(type_name, key, at))


@router.put(ONE, openapi_extra=OBJECT_BODY)
async def replace_object(type_name: TypeName, key: str, body: Body, oms: UseCases, options: Writing) -> JsonAnswer:
    """Put another object in the place of one that exists."""
    return written(object_id(type_name, key), await oms.objects.replace(type_name, key, body, options))


@router.patch(ONE, openapi_extra=PATCH_BODY)
async def patch_object(type_name: TypeName, key: str, body: Body, oms: UseCases, options: Writing) -> JsonAnswer:
    """Change an object by a merge patch (RFC 7396)."""
    return written(object_id(type_name, key), await oms.objects.patch(type_name, key, body, options))


@router.delete(ONE)
async def delete_object(type_name: TypeName, key: str, oms: UseCases, options: Writing) -> JsonAnswer:
    """Delete an object that no other refers to."""
    return written(object_id(type_name, key), await oms.objects.delete(type_name, key, options))
