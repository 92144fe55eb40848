"""Links between processes that can be cut: every caller reaches every peer through a port of its own in between.

A cut is one of three kinds. REFUSED: what is connected is reset, and nobody listens. SILENT: nothing that is sent
arrives, new connections are taken and hang; what was sent arrives when the link is joined again, as TCP would send it
once more. UNANSWERED: what is asked arrives and is done, but no answer comes back; when the link is joined again, its
connections are reset, so that what was answered meanwhile is lost for good.
"""

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from ports import LOOPBACK, free_ports
from processes import Process

_ADDRESS = re.compile(rf"(?<={re.escape(LOOPBACK)}:)\d+")
_CHUNK_BYTES = 65_536
_COMMAND_S = 10.0
_RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Cut(StrEnum):
    """How a link is cut."""

    REFUSED = "refused"
    SILENT = "silent"
    UNANSWERED = "unanswered"


@dataclass(eq=False)
class _Link:
    """One caller's way to one port of a peer; everything but the construction happens in the loop of `Links`."""

    caller: str
    callee: str
    port: int
    callee_port: int
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _loses_answers: bool = False

    async def join(self) -> None:
        if self._loses_answers:
            self._loses_answers = False
            self._reset_all()
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, LOOPBACK, self.port)
        self._flows.set()

    async def cut(self, cut: Cut) -> None:
        match cut:
            case Cut.SILENT:
                self._flows.clear()
            case Cut.UNANSWERED:
                self._loses_answers = True
            case Cut.REFUSED:
                if self._server is not None:
                    self._server.close()
                    self._server = None
                self._reset_all()

    def _reset_all(self) -> None:
        for writer in self._writers:
            _reset(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._flows.wait()
            await self._connect(reader, writer)
        except* OSError:
            pass  # one side is gone, and the reset below tells the other
        finally:
            _reset(writer)
            self._writers.discard(writer)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callee_reader, callee_writer = await asyncio.open_connection(LOOPBACK, self.callee_port)
        self._writers.add(callee_writer)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, callee_writer))
                group.create_task(self._pass_on(callee_reader, writer, are_answers=True))
            for each in (writer, callee_writer):
                each.close()
        finally:
            _reset(callee_writer)
            self._writers.discard(callee_writer)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, are_answers: bool = False
    ) -> None:
        while data := await reader.read(_CHUNK_BYTES):
            await self._flows.wait()
            if are_answers and self._loses_answers:
                continue
            writer.write(data)
            await writer.drain()
        await self._flows.wait()
        if not writer.is_closing():
            writer.write_eof()


class Links:
    """All links of one platform, carried by a thread of their own as long as the block runs."""

    def __init__(self) -> None:
        self._links: list[_Link] = []
        self._taken: set[int] = set()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="links")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_COMMAND_S)
        self._loop.close()

    def add(self, caller: str, callee: str, callee_port: int) -> int:
        """The port by which `caller` reaches that port of `callee`."""
        for link in self._links:
            if (link.caller, link.callee_port) == (caller, callee_port):
                return link.port
        (port,) = free_ports(1, avoid=self._taken)
        self._taken.add(port)
        link = _Link(caller, callee, port, callee_port)
        self._run(link.join())
        self._links.append(link)
        return port

    def between(self, processes: Iterable[Process]) -> tuple[Process, ...]:
        """The same processes, each with links in the place of its peers' addresses."""
        processes = list(processes)
        owners = {int(port): each.name for each in processes for port in _ports_of(each)}
        self._taken |= set(owners)  # a process that is not started yet has its ports all the same
        return tuple(replace(each, environment=self._linked(each, owners)) for each in processes)

    def cut(self, name: str, cut: Cut) -> None:
        """Cut a process off from all others, in both directions."""
        for link in self._of(name):
            self._run(link.cut(cut))

    def join(self, name: str) -> None:
        """Undo a cut."""
        for link in self._of(name):
            self._run(link.join())

    async def _close(self) -> None:
        for link in self._links:
            await link.cut(Cut.REFUSED)
        carrying = asyncio.all_tasks() - {asyncio.current_task()}
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)

    def _of(self, name: str) -> list[_Link]:
        return [link for link in self._links if name in {link.caller, link.callee}]

    def _linked(self, process: Process, owners: Mapping[int, str]) -> dict[str, str]:
        def link(match: re.Match[str]) -> str:
            port = int(match[0])
            owner = owners.get(port, process.name)
            return match[0] if owner == process.name else str(self.add(process.name, owner, port))

        return {name: _ADDRESS.sub(link, value) for name, value in process.environment.items()}

    def _run(self, command: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(command, self._loop).result(_COMMAND_S)


def _ports_of(process: Process) -> list[str]:
    return [port for address in process.addresses.values() for port in _ADDRESS.findall(address)]


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection by RST, unless it has ended in order."""
    if writer.is_closing():
        return
    connected: socket.socket = writer.get_extra_info("socket")
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    writer.transport.abort()
