"""What the routes have in common."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from embedding_service.application.service import EmbeddingUseCases

_Answer = TypeVar("_Answer")


def use_cases(request: Request) -> EmbeddingUseCases:
    """Those that the application's state holds."""
    found: EmbeddingUseCases = request.state.use_cases
    return found


async def while_connected(request: Request, work: Coroutine[Any, Any, _Answer]) -> _Answer:
    """The work's answer; where the client goes away before, the work is cancelled, and nothing is computed for it."""
    task = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnect(request))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.wait((task, gone))


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
