"""Tags over REST."""

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import Response

from data_kernel.api.rest.answers import json_response
from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.rest.revisions import RevisionBody
from shared.context import current

if TYPE_CHECKING:
    from data_kernel.domain.databases import Tag
    from shared.canonical import Json

_ALL = "/db/{db}/tags"
_ONE = "/db/{db}/tags/{tag}"


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["tags"])
    routes.add_api_route(_ALL, list_tags, methods=["GET"], response_class=Response)
    routes.add_api_route(_ONE, get_tag, methods=["GET"], response_class=Response)
    routes.add_api_route(_ONE, put_tag, methods=["PUT"], response_class=Response)
    routes.add_api_route(_ONE, delete_tag, methods=["DELETE"], response_class=Response)
    return routes


async def list_tags(kernel: TheKernel, db: str) -> Response:
    """All tags in order of name: `{tags: [{name, commit}]}`."""
    return json_response({"tags": [_tag_json(tag) for tag in await kernel.tags.list(db, current())]})


async def get_tag(kernel: TheKernel, db: str, tag: str) -> Response:
    """One tag."""
    return json_response(_tag_json(await kernel.tags.get(db, tag, current())))


async def put_tag(kernel: TheKernel, db: str, tag: str, target: RevisionBody) -> Response:
    """Make a tag, or point it elsewhere."""
    return json_response(_tag_json(await kernel.tags.set(db, tag, target.named, current())))


async def delete_tag(kernel: TheKernel, db: str, tag: str) -> Response:
    """Delete a tag; its commit stays as long as something else names it."""
    await kernel.tags.delete(db, tag, current())
    return json_response({"tag": tag})


def _tag_json(tag: "Tag") -> "dict[str, Json]":
    return {"name": tag.name, "commit": tag.commit}
