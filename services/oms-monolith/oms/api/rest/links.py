"""Links between objects: connect, show and disconnect."""

from typing import Annotated

from fastapi import APIRouter, Query

from oms.api.rest.calls import At, JsonAnswer, UseCases, Writing, written
from oms.application.objects import object_id
from oms.domain.object_types import PropertyName, TypeName

OF_OBJECT = "/api/v1/objects/{type_name}/{key:path}/links/{link}"
ONE = f"{OF_OBJECT}/{{target:path}}"
router = APIRouter(tags=["links"], default_response_class=JsonAnswer)


@router.get(OF_OBJECT)
async def list_links(
    type_name: TypeName,
    key: str,
    link: PropertyName,
    oms: UseCases,
    at: At,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=1000)] = 100,
    page_token: Annotated[str, Query(alias="pageToken", max_length=4096)] = "",
) -> JsonAnswer:
    """The ids of the objects that this one links to, in order."""
    page = await oms.links.page(type_name, key, link, page_size, page_token, at)
    return JsonAnswer({"targets": list(page.targets), "nextPageToken": page.next_page_token})


@router.put(ONE)
async def connect_objects(
    type_name: TypeName, key: str, link: PropertyName, target: str, oms: UseCases, options: Writing
) -> JsonAnswer:
    """Link the object to the target; a link of cardinality one moves there."""
    return written(object_id(type_name, key), await oms.links.connect(type_name, key, link, target, options))


@router.delete(ONE)
async def disconnect_objects(
    type_name: TypeName, key: str, link: PropertyName, target: str, oms: UseCases, options: Writing
) -> JsonAnswer:
    """Take the link away; where there is none, nothing changes."""
    return written(object_id(type_name, key), await oms.links.disconnect(type_name, key, link, target, options))
