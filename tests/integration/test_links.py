"""The links that the fault tests cut: what a caller sees of each kind of cut, and that joining undoes it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from support.links import Cut, Links
from support.waiting import eventually

from ports import LOOPBACK


@pytest.fixture
def links() -> Iterator[Links]:
    with Links() as opened:
        yield opened


@pytest.fixture
async def echo_port() -> AsyncIterator[int]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(line)
        finally:
            writer.close()

    server = await asyncio.start_server(echo, LOOPBACK, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_link_carries_both_ways_and_ends_with_its_sides(links: Links, echo_port: int) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, links.add("caller", "echo", echo_port))
    writer.write(b"one\n")
    assert await reader.readline() == b"one\n"
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()


async def test_refused_resets_and_refuses_until_joined(links: Links, echo_port: int) -> None:
    port = links.add("caller", "echo", echo_port)
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(b"one\n")
    await reader.readline()
    links.cut("echo", Cut.REFUSED)
    with pytest.raises(ConnectionResetError):
        await reader.readline()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(LOOPBACK, port)
    links.join("echo")
    await answers(port)
    writer.close()


async def test_silent_holds_what_is_sent_until_joined(links: Links, echo_port: int) -> None:
    port = links.add("caller", "echo", echo_port)
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    links.cut("caller", Cut.SILENT)
    writer.write(b"held\n")
    answer = asyncio.create_task(reader.readline())
    # Another link to the same peer still answers, so that silence is this link's own.
    for _ in range(10):
        await answers(links.add("another", "echo", echo_port))
    assert not answer.done()
    links.join("caller")
    assert await asyncio.wait_for(answer, 10) == b"held\n"
    writer.close()


async def test_a_new_connection_hangs_while_silent(links: Links, echo_port: int) -> None:
    port = links.add("caller", "echo", echo_port)
    links.cut("echo", Cut.SILENT)
    waiting = asyncio.create_task(answers(port))
    await eventually(lambda: answers_at(echo_port), 10, what="the peer itself")
    assert not waiting.done()
    links.join("echo")
    await asyncio.wait_for(waiting, 10)


async def test_unanswered_lets_all_arrive_and_loses_what_is_said_to_it(links: Links) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                heard.put_nowait(line)
                writer.write(line)
        finally:
            writer.close()

    async with await asyncio.start_server(listen, LOOPBACK, 0) as server:
        port = links.add("caller", "echo", server.sockets[0].getsockname()[1])
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        links.cut("echo", Cut.UNANSWERED)
        writer.write(b"done\n")
        assert await asyncio.wait_for(heard.get(), 10) == b"done\n"
        links.join("echo")
        with pytest.raises(ConnectionResetError):
            await reader.readline()
        await answers(port)
        writer.close()


async def answers_at(port: int) -> bool:
    await answers(port)
    return True


async def answers(port: int) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(b"there?\n")
    assert await reader.readline() == b"there?\n"
    writer.close()
