"""What an HTTP client that goes away takes with it."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect

from embedding_service.api.rest.calls import while_connected
from shared.errors import NotFound


class Connection:
    """The request of a client that leaves when told."""

    def __init__(self):
        self.left = asyncio.Event()

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}


async def test_the_answer_of_the_work_is_the_answer():
    async def work():
        return 7

    assert await while_connected(Connection(), work()) == 7


async def test_an_error_of_the_work_is_the_error():
    async def work():
        raise NotFound("none")

    with pytest.raises(NotFound):
        await while_connected(Connection(), work())


async def test_work_for_a_client_that_left_is_cancelled():
    connection, was_cancelled = Connection(), asyncio.Event()

    async def work():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_cancelled.set()
            raise

    waiting = asyncio.create_task(while_connected(connection, work()))
    connection.left.set()

    with pytest.raises(ClientDisconnect):
        await waiting
    assert was_cancelled.is_set()


async def test_work_ends_with_the_call():
    was_cancelled = asyncio.Event()
    has_begun = asyncio.Event()

    async def work():
        has_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()

    waiting = asyncio.create_task(while_connected(Connection(), work()))
    await has_begun.wait()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert was_cancelled.is_set()
