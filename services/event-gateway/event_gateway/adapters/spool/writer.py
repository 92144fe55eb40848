"""One thread that owns the SQLite file and commits in groups.

A commit costs an fsync; whoever comes while one is under way shares the next. That is what makes the spool fast enough
to stand in for the broker (measured: 3 500 commits/s alone, 38 000 rows/s in groups of ten).
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import apsw

from event_gateway.application.ports import SpoolBrokenError

T = TypeVar("T")
Work = Callable[[apsw.Connection], Any]
Then = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of work, whoever waits for it, and what the event loop does with its result whether or not one waits."""

    work: Work
    then: Then | None
    failed: Callable[[], None] | None
    future: "asyncio.Future[Any]"


Outcome = list[Any] | SpoolBrokenError

_GROUP = 512


class GroupWriter:
    """Runs pieces of work on the connection, in the order of their coming, several in one durable transaction."""

    def __init__(self, path: Path, schema: str) -> None:
        self._connection = _connect(path, schema)
        self._items: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="spool-writer", daemon=True)
        self._closed = False
        self._thread.start()

    def submit(
        self,
        work: Callable[[apsw.Connection], T],
        then: Callable[[T], None] | None = None,
        failed: Callable[[], None] | None = None,
    ) -> "asyncio.Future[T]":
        """Queue the work; the future ends after its commit. It fails with SpoolBrokenError.

        `then` gets the result on the event loop, `failed` is called there instead; both before the future ends, and
        also where its awaiter has gone.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        item = Item(work, then, failed, future)
        if self._closed:
            self._loop.call_soon(_tell, [item], SpoolBrokenError("the spool is closed"))
        else:
            self._items.put(item)
        return future

    async def close(self) -> None:
        """Finish what is queued, then close the file."""
        self._closed = True
        self._items.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        group: list[Item] = []
        try:
            ending = False
            while not ending:
                group, ending = self._next_group()
                if group:
                    outcome = self._commit([item.work for item in group])
                    self._loop.call_soon_threadsafe(_tell, group, outcome)
                    group = []
        finally:
            # Whatever ends this thread, nobody may wait for it in vain.
            self._closed = True
            while not self._items.empty():
                group += [item for item in (self._items.get(),) if item is not None]
            if group:
                self._loop.call_soon_threadsafe(_tell, group, SpoolBrokenError("the spool is closed"))
            self._connection.close()

    def _next_group(self) -> tuple[list[Item], bool]:
        group: list[Item] = []
        item = self._items.get()
        while item is not None:
            group.append(item)
            if len(group) == _GROUP or self._items.empty():
                return group, False
            item = self._items.get()
        return group, True

    def _commit(self, works: list[Work]) -> Outcome:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            results = [work(connection) for work in works]
            connection.execute("COMMIT")
        except apsw.Error as error:
            _roll_back(connection)
            return SpoolBrokenError(f"the spool cannot be written: {type(error).__name__}")
        return results


def _roll_back(connection: apsw.Connection) -> None:
    """SQLite has done it itself after some errors; where it cannot be done, the next transaction fails as well."""
    if connection.in_transaction:
        with suppress(apsw.Error):
            connection.execute("ROLLBACK")


def _tell(group: list[Item], outcome: Outcome) -> None:
    for index, item in enumerate(group):
        if isinstance(outcome, SpoolBrokenError):
            if item.failed is not None:
                item.failed()
            if not item.future.done():
                item.future.set_exception(outcome)
        else:
            if item.then is not None:
                item.then(outcome[index])
            if not item.future.done():
                item.future.set_result(outcome[index])


def _connect(path: Path, schema: str) -> apsw.Connection:
    """Open or make the file, owned by this process alone: a second one would drain the same messages."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = apsw.Connection(str(path))
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(schema)
        connection.execute("BEGIN IMMEDIATE; COMMIT")
    except (apsw.Error, OSError) as error:
        raise SpoolBrokenError(f"the spool cannot be opened: {type(error).__name__}") from error
    return connection
