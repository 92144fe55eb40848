"""The spool over a SQLite file.

What is full, which lanes are held and how old the oldest message is are known in memory, for the one process that owns
the file; the file alone decides after a restart.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import cast

import apsw

from event_gateway.adapters.spool.writer import GroupWriter
from event_gateway.application.ports import SpooledMessage, SpoolFullError, SpoolState
from event_gateway.domain.publication import Message

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    stream TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload BLOB NOT NULL,
    traceparent TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    spooled_at_s REAL NOT NULL,
    attempted_at_s REAL
);
CREATE INDEX IF NOT EXISTS messages_by_lane ON messages (lane, number);
CREATE TABLE IF NOT EXISTS probe (id INTEGER PRIMARY KEY CHECK (id = 1), at_s REAL NOT NULL);
"""
_INSERT = """
INSERT INTO messages (message_id, lane, stream, subject, payload, traceparent, size_bytes, spooled_at_s, attempted_at_s)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id) DO NOTHING
"""
_HEAD = """
SELECT number, stream, subject, message_id, payload, traceparent, attempted_at_s
FROM messages WHERE lane = ? ORDER BY number LIMIT ?
"""


_Row = tuple[int, str, str, str, bytes, str, float | None]


class SqliteSpool:
    """At most `max_events` messages of `max_bytes` together, in the file `path`; one process at a time."""

    def __init__(self, path: Path, *, max_events: int, max_bytes: int, now_s: Callable[[], float] = time.time) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._now_s = now_s
        self._writer = GroupWriter(path, _SCHEMA)
        self._per_lane: Counter[str] = Counter()
        self._events = 0
        self._size_bytes = 0
        self._oldest_at_s: float | None = None
        self._filled = asyncio.Event()

    async def load(self) -> None:
        """Learn what an earlier process left; once, before anything else. Raises SpoolBrokenError."""
        rows, self._oldest_at_s = await self._writer.submit(
            lambda db: (
                db.execute("SELECT lane, count(*), sum(size_bytes) FROM messages GROUP BY lane").fetchall(),
                _oldest(db),
            )
        )
        for lane, events, size_bytes in cast("list[tuple[str, int, int]]", rows):
            self._count(lane, events, size_bytes)

    def holds(self, lane: str) -> bool:
        """See the port."""
        return self._per_lane[lane] > 0

    def lanes(self) -> Sequence[str]:
        """See the port."""
        return tuple(self._per_lane)

    def state(self) -> SpoolState:
        """See the port."""
        return SpoolState(self._events, self._size_bytes, self._oldest_at_s)

    def append(self, message: Message, *, attempted_at_s: float | None) -> Awaitable[bool]:
        """See the port."""
        lane, size_bytes, now_s = message.lane, message.size_bytes, self._now_s()
        if self._events >= self._max_events or self._size_bytes + size_bytes > self._max_bytes:
            raise SpoolFullError
        self._count(lane, 1, size_bytes)

        def insert(db: apsw.Connection) -> tuple[bool, float | None]:
            row = (message.message_id, lane, message.stream, message.subject, message.payload, message.traceparent)
            db.execute(_INSERT, (*row, size_bytes, now_s, attempted_at_s))
            return db.changes() == 1, _oldest(db)

        def kept(result: tuple[bool, float | None]) -> None:
            inserted, self._oldest_at_s = result
            if not inserted:
                self._count(lane, -1, -size_bytes)

        return _inserted(self._writer.submit(insert, kept, lambda: self._count(lane, -1, -size_bytes)))

    async def head(self, lane: str, limit: int) -> Sequence[SpooledMessage]:
        """See the port."""
        found = await self._writer.submit(lambda db: db.execute(_HEAD, (lane, limit)).fetchall())
        rows = cast("list[_Row]", found)
        return [
            SpooledMessage(number, Message(stream, subject, message_id, payload, traceparent), attempted_at_s)
            for number, stream, subject, message_id, payload, traceparent, attempted_at_s in rows
        ]

    async def mark_attempted(self, numbers: Sequence[int], at_s: float) -> None:
        """See the port."""

        def mark(db: apsw.Connection) -> None:
            statement = "UPDATE messages SET attempted_at_s = ? WHERE number = ? AND attempted_at_s IS NULL"
            db.executemany(statement, [(at_s, number) for number in numbers])

        await self._writer.submit(mark)

    async def remove(self, lane: str, numbers: Sequence[int]) -> None:
        """See the port."""

        def delete(db: apsw.Connection) -> tuple[int, int, float | None]:
            statement = "DELETE FROM messages WHERE number = ? RETURNING size_bytes"
            rows = [row for number in numbers for row in db.execute(statement, (number,))]
            sizes = [cast("int", row[0]) for row in rows]
            return len(sizes), sum(sizes), _oldest(db)

        def deleted(result: tuple[int, int, float | None]) -> None:
            events, size_bytes, self._oldest_at_s = result
            self._count(lane, -events, -size_bytes)

        await self._writer.submit(delete, deleted)

    async def wait_filled(self) -> None:
        """See the port."""
        await self._filled.wait()

    async def probe(self) -> None:
        """See the port."""
        statement = "INSERT INTO probe VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at_s = excluded.at_s"
        await self._writer.submit(lambda db: db.execute(statement, (self._now_s(),)).fetchall())

    async def close(self) -> None:
        """Finish what was asked and close the file."""
        await self._writer.close()

    def _count(self, lane: str, events: int, size_bytes: int) -> None:
        self._events += events
        self._per_lane[lane] += events
        self._size_bytes += size_bytes
        if self._per_lane[lane] == 0:
            del self._per_lane[lane]
        if self._per_lane:
            self._filled.set()
        else:
            self._filled.clear()


async def _inserted(future: "asyncio.Future[tuple[bool, float | None]]") -> bool:
    return (await future)[0]


def _oldest(db: apsw.Connection) -> float | None:
    row = db.execute("SELECT spooled_at_s FROM messages ORDER BY number LIMIT 1").fetchone()
    return None if row is None else cast("float", row[0])
