"""The outbox for operators: how far announcing lags behind, and what was given up. For admins alone."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from data_kernel.api.rest.answers import json_response, utc
from data_kernel.application.outbox import OutboxDesk
from data_kernel.application.ports import OutboxEntry
from shared.canonical import Json
from shared.context import current


class Retry(BaseModel):
    """Which dead letter to take up again."""

    sequence: int = Field(ge=1, le=2**63 - 1)


def desk_of(request: Request) -> OutboxDesk:
    """The use cases, which the application's lifespan holds."""
    return cast("OutboxDesk", request.state.outbox)


TheDesk = Annotated[OutboxDesk, Depends(desk_of)]


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/admin/outbox", tags=["operations"])
    routes.add_api_route("", get_outbox, methods=["GET"], response_class=Response)
    routes.add_api_route("", retry_dead_letter, methods=["POST"], status_code=202, response_class=Response)
    return routes


async def get_outbox(desk: TheDesk) -> Response:
    """`{depth, oldest_age_s, dead_letters}`: what is not yet announced, and what was given up."""
    standing = await desk.standing(current())
    letters: list[Json] = [_entry(entry) for entry in standing.dead_letters]
    age_s = round(standing.oldest_age_s, 3)
    return json_response({"depth": standing.depth, "oldest_age_s": age_s, "dead_letters": letters})


async def retry_dead_letter(desk: TheDesk, body: Retry) -> Response:
    """Take a dead letter up again."""
    await desk.retry(body.sequence, current())
    return json_response({"sequence": body.sequence}, 202)


def _entry(entry: OutboxEntry) -> Json:
    update = entry.update
    return {
        "sequence": entry.sequence,
        "database": update.database,
        "branch": update.branch,
        "number": update.number,
        "commit": update.new_head,
        "time": utc(update.time),
        "attempts": entry.attempts,
        "last_error": entry.last_error,
    }
