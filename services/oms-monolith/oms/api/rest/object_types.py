"""Object types: define, show, change and remove them."""

from typing import Any

from fastapi import APIRouter

from oms.api.rest.calls import At, JsonAnswer, UseCases, Writing, written
from oms.domain.object_types import ObjectType, TypeName
from shared.errors import InvalidInput

PATH = "/api/v1/object-types"
router = APIRouter(tags=["object types"])


@router.post(PATH, status_code=201, response_class=JsonAnswer)
async def define_object_type(body: ObjectType, oms: UseCases, options: Writing) -> JsonAnswer:
    """Define a new object type."""
    result = await oms.object_types.define(body, options)
    return written(body.name, result, 201, {"Location": f"{PATH}/{body.name}"})


@router.get(PATH)
async def list_object_types(oms: UseCases, at: At) -> dict[str, list[dict[str, Any]]]:
    """All object types in order of name."""
    return {"objectTypes": [_shown(each) for each in await oms.object_types.list(at)]}


@router.get(f"{PATH}/{{name}}")
async def get_object_type(name: TypeName, oms: UseCases, at: At) -> dict[str, Any]:
    """One object type."""
    return _shown(await oms.object_types.get(name, at))


@router.put(f"{PATH}/{{name}}", response_class=JsonAnswer)
async def redefine_object_type(name: TypeName, body: ObjectType, oms: UseCases, options: Writing) -> JsonAnswer:
    """Put another definition in the place of one that exists."""
    if body.name != name:
        raise InvalidInput("the body's name is not the one in the address", field="/name")
    return written(name, await oms.object_types.redefine(body, options))


@router.delete(f"{PATH}/{{name}}", response_class=JsonAnswer)
async def remove_object_type(name: TypeName, oms: UseCases, options: Writing) -> JsonAnswer:
    """Remove an object type that has no objects."""
    return written(name, await oms.object_types.remove(name, options))


def _shown(object_type: ObjectType) -> dict[str, Any]:
    return object_type.model_dump(mode="json", by_alias=True, exclude_defaults=True)
