"""What every route takes from its request, and how it answers."""

from typing import Annotated

from fastapi import Depends, Request, Response

from scheduler_service.application.scheduler import Scheduler
from scheduler_service.application.validation import MAX_SPEC_BYTES
from shared.canonical import Json, decode, encode
from shared.http import read_body


def use_cases(request: Request) -> Scheduler:
    """The scheduler's use cases."""
    scheduler: Scheduler = request.state.scheduler
    return scheduler


async def json_body(request: Request) -> Json:
    """The body as exact JSON; a specification is no longer than its limit."""
    return decode(await read_body(request, 2 * MAX_SPEC_BYTES))


UseCases = Annotated[Scheduler, Depends(use_cases)]
Body = Annotated[Json, Depends(json_body)]


class JsonAnswer(Response):
    """An answer in canonical JSON, so that numbers leave as they came."""

    media_type = "application/json"

    def render(self, content: Json) -> bytes:
        """The bytes of the answer."""
        return encode(content)
