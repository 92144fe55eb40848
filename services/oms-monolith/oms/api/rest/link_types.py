"""Link types: define, show, change and remove them."""

from typing import Any

from fastapi import APIRouter

from oms.api.rest.calls import At, JsonAnswer, UseCases, Writing, written
from oms.domain.link_types import LinkType
from oms.domain.object_types import PropertyName
from shared.errors import InvalidInput

PATH = "/api/v1/link-types"
router = APIRouter(tags=["link types"])


@router.post(PATH, status_code=201, response_class=JsonAnswer)
async def define_link_type(body: LinkType, oms: UseCases, options: Writing) -> JsonAnswer:
    """Define a new link type between two object types."""
    result = await oms.link_types.define(body, options)
    return written(body.name, result, 201, {"Location": f"{PATH}/{body.name}"})


@router.get(PATH)
async def list_link_types(oms: UseCases, at: At) -> dict[str, list[dict[str, Any]]]:
    """All link types in order of name."""
    return {"linkTypes": [_shown(each) for each in await oms.link_types.list(at)]}


@router.get(f"{PATH}/{{name}}")
async def get_link_type(name: PropertyName, oms: UseCases, at: At) -> dict[str, Any]:
    """One link type."""
    return _shown(await oms.link_types.get(name, at))


@router.put(f"{PATH}/{{name}}", response_class=JsonAnswer)
async def redefine_link_type(name: PropertyName, body: LinkType, oms: UseCases, options: Writing) -> JsonAnswer:
    """Put another definition in the place of one that exists; its source stays."""
    if body.name != name:
        raise InvalidInput("the body's name is not the one in the address", field="/name")
    return written(name, await oms.link_types.redefine(body, options))


@router.delete(f"{PATH}/{{name}}", response_class=JsonAnswer)
async def remove_link_type(name: PropertyName, oms: UseCases, options: Writing) -> JsonAnswer:
    """Remove a link type that no object uses."""
    return written(name, await oms.link_types.remove(name, options))


def _shown(link: LinkType) -> dict[str, Any]:
    return link.model_dump(mode="json", by_alias=True, exclude_defaults=True)
