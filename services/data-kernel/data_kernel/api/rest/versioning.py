"""Moving branches over REST; each request moves one, to one commit."""

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from data_kernel.api.rest.answers import json_response, move_json
from data_kernel.api.rest.inputs import TheKernel, TheWrite
from data_kernel.api.rest.revisions import RevisionBody
from shared.context import current


class ResetBody(BaseModel):
    """Where the branch is to point."""

    model_config = ConfigDict(extra="forbid")

    to: RevisionBody


class SquashBody(BaseModel):
    """Which commits are to become one."""

    model_config = ConfigDict(extra="forbid")

    since: RevisionBody | None = Field(None, description="The ancestor that stays. Unset: all commits become one.")


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["versioning"])
    for name, handler in (("reset", reset), ("squash", squash)):
        routes.add_api_route(f"/db/{{db}}/{name}", handler, methods=["POST"], response_class=Response)
    return routes


async def reset(kernel: TheKernel, db: str, asked: ResetBody, write: TheWrite) -> Response:
    """Point the branch at another commit: `{commit, branch, changed}`."""
    return json_response(move_json(await kernel.moves.reset(db, asked.to.named, await write.options(), current())))


async def squash(kernel: TheKernel, db: str, asked: SquashBody, write: TheWrite) -> Response:
    """Put one commit in the place of many, with the same state: `{commit, branch, changed}`."""
    since = None if asked.since is None else asked.since.named
    return json_response(move_json(await kernel.moves.squash(db, since, await write.options(), current())))
