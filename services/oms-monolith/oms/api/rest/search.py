"""Semantic search."""

from typing import Annotated

from fastapi import APIRouter, Query

from oms.api.rest.calls import JsonAnswer, UseCases
from oms.application.search import FoundObject
from oms.domain.object_types import TypeName
from shared.canonical import Json

router = APIRouter(tags=["search"], default_response_class=JsonAnswer)


@router.get("/api/v1/search")
async def search_objects(
    oms: UseCases,
    q: Annotated[str, Query(min_length=1, max_length=8192, description="what is looked for, in one's own words")],
    type: Annotated[TypeName | None, Query(description="objects of this type alone")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    with_objects: Annotated[bool, Query(alias="objects", description="with the objects themselves")] = True,
) -> JsonAnswer:
    """Objects of `<env>/oms/main` whose searchable texts mean what is asked for, the nearest first.

    `score` is the cosine with the query. 503 where neither the embedding-service nor the legacy class can answer.
    """
    found = await oms.search.find(q, type, limit, with_objects=with_objects)
    return JsonAnswer([_shown(each, with_object=with_objects) for each in found])


def _shown(found: FoundObject, *, with_object: bool) -> Json:
    shown: dict[str, Json] = {"id": found.id, "type": found.type, "score": round(found.score, 6)}
    if with_object and found.object is not None:
        shown["object"] = found.object
    return shown
