"""Work that runs beside the requests for as long as the process serves."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog


def stop_process() -> None:
    """Ask the own process to drain and end, as whoever started it would."""
    os.kill(os.getpid(), signal.SIGTERM)


async def end(task: "asyncio.Task[Any]", patience_s: float = 5.0) -> None:
    """Cancel a task and wait until it has ended; every `patience_s` it is asked again.

    A library that takes a cancellation for something else, say for its own timeout, has swallowed it for good.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=patience_s)


@asynccontextmanager
async def background(
    name: str, work: Coroutine[Any, Any, None], *, on_failure: Callable[[], None] = stop_process
) -> AsyncIterator[None]:
    """Run `work` while the block runs, and cancel it at the end.

    Work that fails by itself is logged and `on_failure` is called: a service that looks healthy but, say, announces
    nothing any more is worse than one that is started anew.
    """

    async def watched() -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - whatever it was, it must be told
            structlog.get_logger(__name__).exception("background_work_failed", work=name)
            on_failure()

    task = asyncio.create_task(watched(), name=name)
    try:
        yield
    finally:
        await end(task)
