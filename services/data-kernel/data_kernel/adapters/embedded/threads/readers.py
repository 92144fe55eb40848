"""Threads that read the file, each with a connection of its own; nothing of it runs on the event loop."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import apsw

from data_kernel.adapters.embedded.disk.faults import report_defect, report_storage
from data_kernel.adapters.embedded.disk.file import connect_reader
from data_kernel.adapters.embedded.threads.access import Access, Memory
from shared.errors import Internal, OmsError, Unavailable

_THREADS = 4

_T = TypeVar("_T")
_P = ParamSpec("_P")


class Readers:
    """A bounded pool of readers. Each read is one short transaction: it sees one moment of the store."""

    def __init__(self, path: Path, memory: Memory) -> None:
        self._path = path
        self._memory = memory
        self._own = threading.local()
        self._connections: list[apsw.Connection] = []
        self._is_closed = False
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="store-reader")

    async def read(self, query: Callable[Concatenate[Access, _P], _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run `query` in a transaction; `Unavailable` where the file cannot be read."""
        if self._is_closed:
            raise Unavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: self._in_transaction(lambda access: query(access, *args, **kwargs))
        )

    async def close(self) -> None:
        """Finish the reads in progress and close the connections."""
        self._is_closed = True
        await asyncio.to_thread(self._pool.shutdown)
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _in_transaction(self, query: Callable[[Access], _T]) -> _T:
        try:
            access = self._access()
            connection = access.connection
            access.generation = self._memory.contents.generation
            connection.execute("BEGIN")
            try:
                return query(access)
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
        except apsw.Error as error:
            report_storage("store_read_failed", error)
            raise Unavailable("the store cannot be read") from error
        except OmsError:
            raise
        except Exception as error:
            # A record that is none, most likely: its bytes were changed behind the store's back.
            report_defect("store_record_not_read", error)
            raise Internal("a record of the store's file cannot be read; verify tells where") from error

    def _access(self) -> Access:
        access: Access | None = getattr(self._own, "access", None)
        if access is None:
            connection = connect_reader(self._path)
            self._connections.append(connection)
            self._memory.nodes.bind(connection)
            access = self._own.access = Access(connection, self._memory)
        return access
