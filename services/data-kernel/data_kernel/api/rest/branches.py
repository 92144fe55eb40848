"""Branches over REST."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from data_kernel.api.rest.answers import branch_json, json_response
from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.rest.revisions import RevisionBody
from shared.context import current

if TYPE_CHECKING:
    from shared.canonical import Json

_PATH = "/db/{db}/branches"


class NewBranch(BaseModel):
    """A branch to be made."""

    model_config = ConfigDict(extra="forbid")

    branch: str = Field(min_length=1, description="Its name, full or short.")
    origin: RevisionBody | None = Field(None, description="Unset: an orphan without commits.")


def router() -> APIRouter:
    """The routes; a name may stand in the path or in `?branch=`."""
    routes = APIRouter(tags=["branches"])
    routes.add_api_route(_PATH, list_branches, methods=["GET"], response_class=Response)
    routes.add_api_route(_PATH, create_branch, methods=["POST"], status_code=201, response_class=Response)
    routes.add_api_route(_PATH, delete_branch, methods=["DELETE"], response_class=Response)
    routes.add_api_route(f"{_PATH}/{{branch:path}}", get_branch, methods=["GET"], response_class=Response)
    routes.add_api_route(f"{_PATH}/{{branch:path}}", delete_one_branch, methods=["DELETE"], response_class=Response)
    return routes


async def list_branches(
    kernel: TheKernel, db: str, count: Annotated[int, Query(ge=0)] = 0, page_token: str = ""
) -> Response:
    """One page of branches in order of name: `{branches, next_page_token?}`."""
    page = await kernel.branches.page(db, current(), count=count, page_token=page_token)
    body: dict[str, Json] = {"branches": [branch_json(branch) for branch in page.branches]}
    if page.next_page_token:
        body["next_page_token"] = page.next_page_token
    return json_response(body)


async def get_branch(kernel: TheKernel, db: str, branch: str) -> Response:
    """One branch."""
    return json_response(branch_json(await kernel.branches.get(db, branch, current())))


async def create_branch(kernel: TheKernel, db: str, new: NewBranch) -> Response:
    """Make a branch."""
    origin = None if new.origin is None else new.origin.named
    return json_response(branch_json(await kernel.branches.create(db, new.branch, origin, current())), 201)


async def delete_branch(kernel: TheKernel, db: str, branch: str = "") -> Response:
    """Delete a branch; its commits stay readable by their ids."""
    return json_response({"branch": await kernel.branches.delete(db, branch, current())})


async def delete_one_branch(kernel: TheKernel, db: str, branch: str) -> Response:
    """As with `?branch=`."""
    return await delete_branch(kernel, db, branch)
