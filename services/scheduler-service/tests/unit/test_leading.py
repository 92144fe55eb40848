"""The leader goes on, whatever becomes of one of its turns."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from scheduler_service.application.leading import Leading
from scheduler_service.application.ports import Lease
from shared.background import end
from shared.errors import Unavailable


class Clock:
    """Sleeps only as long as it takes the others to go on."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, _seconds: float) -> None:
        await asyncio.sleep(0)


class Always:
    """Everything that the leader asks for, granted; the leader's own collaborators beside `Turns`."""

    async def acquire(self) -> Lease:
        return Lease("me", 1)

    async def release(self) -> None: ...

    async def run(self) -> None: ...

    async def depth(self) -> int:
        return 0

    async def all(self, _now: datetime) -> list[Any]:
        return []

    def took_lead(self) -> None: ...

    def queue_depth(self, _depth: int) -> None: ...

    def workers_alive(self, _count: int) -> None: ...


class Turns:
    """Dispatching whose first turn ends in a way of its own; `goes_on` is set by the next."""

    def __init__(self, first: Callable[[], None]) -> None:
        self._first: Callable[[], None] | None = first
        self.goes_on = asyncio.Event()

    async def turn(self, _lease: Lease) -> bool:
        first, self._first = self._first, None
        if first is not None:
            first()
        self.goes_on.set()
        return False

    async def until_next(self, longest_s: float) -> float:
        return longest_s


def broken_channel() -> None:
    raise asyncio.CancelledError


def away() -> None:
    raise Unavailable("redis does not answer")


@pytest.mark.parametrize("first", [broken_channel, away])
async def test_a_turn_that_ended_is_followed_by_another(first: Callable[[], None]) -> None:
    always, turns = Always(), Turns(first)
    leading = Leading(
        leadership=always,
        dispatching=turns,  # type: ignore[arg-type] # all that the leader asks of it
        rebuilding=always,  # type: ignore[arg-type] # likewise
        queue=always,  # type: ignore[arg-type] # likewise
        workers=always,  # type: ignore[arg-type] # likewise
        clock=Clock(),
        meter=always,  # type: ignore[arg-type] # likewise
        lease_s=0.1,
        resync_s=1,
    )
    running = asyncio.create_task(leading.run())
    async with asyncio.timeout(10):
        await turns.goes_on.wait()
    await end(running)
    assert running.cancelled()


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end(task, patience_s=0.01)
    assert task.cancelled()
