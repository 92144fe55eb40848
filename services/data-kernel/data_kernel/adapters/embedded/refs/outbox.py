"""Ref updates that are still to be announced."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from data_kernel.adapters.embedded.disk import sealing
from data_kernel.adapters.embedded.encoding import row_digests
from data_kernel.adapters.embedded.encoding.times import Clock, to_datetime, to_us
from data_kernel.adapters.embedded.refs.reflog import to_update
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.readers import Readers
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.adapters.embedded.threads.writer import Writer
from data_kernel.application.ports import OutboxEntry
from shared.errors import NotFound

_OWN = ", ".join(f"outbox.{column}" for column in row_digests.COLUMNS["outbox"])
_ENTRIES = (
    f"SELECT {_OWN}, outbox.digest, database.name, branch.name, branch.incarnation, ref_update.number, "  # noqa: S608 - our names
    "ref_update.cause, ref_update.old_head, ref_update.new_head, ref_update.time_us, ref_update.actor, "
    "ref_update.traceparent "
    "FROM outbox JOIN ref_update USING (branch, number) JOIN branch ON branch.number = outbox.branch "
    "JOIN database ON database.number = branch.database "
    "WHERE outbox.dead = ? AND outbox.sequence > ? ORDER BY outbox.sequence LIMIT ?"
)

_UPDATE_AT = 12
"""Before it are the row's own columns and those of the branch, from it on those of the entry in the ref log."""
_ROW = f"SELECT {_OWN}, digest FROM outbox WHERE sequence = ?"  # noqa: S608 - our names
_PROGRESSED = "UPDATE outbox SET next_ordinal = ? WHERE sequence = ?"
_REFUSED = "UPDATE outbox SET attempts = attempts + 1, last_error = ?, retry_at_us = ?, dead = ? WHERE sequence = ?"
_REVIVED = "UPDATE outbox SET dead = 0, attempts = 0, retry_at_us = NULL WHERE sequence = ? AND dead"


class EmbeddedOutbox:
    """The `Outbox` of an embedded store. Marks on entries that are gone, with their database say, do nothing."""

    def __init__(self, writer: Writer, readers: Readers, clock: Clock) -> None:
        self._writer = writer
        self._readers = readers
        self._clock = clock

    async def pending(self, after: int = 0, limit: int = 100) -> list[OutboxEntry]:
        """As the port says."""
        return await self._readers.read(_entries, dead=False, after=after, limit=limit)

    async def delivered(self, sequences: Sequence[int]) -> None:
        """As the port says."""
        rows = [(sequence,) for sequence in sequences]
        await self._writer.alone(lambda session: _forget(session, rows))

    async def progressed(self, sequence: int, next_ordinal: int) -> None:
        """As the port says."""
        await self._writer.alone(lambda session: _mark(session, sequence, _PROGRESSED, (next_ordinal,)))

    async def refused(self, sequence: int, error: str, retry_at: datetime | None) -> None:
        """As the port says."""
        retry_at_us = None if retry_at is None else to_us(retry_at)
        marks = (error, retry_at_us, retry_at is None)
        await self._writer.alone(lambda session: _mark(session, sequence, _REFUSED, marks))

    async def dead_letters(self, limit: int = 100) -> list[OutboxEntry]:
        """As the port says."""
        return await self._readers.read(_entries, dead=True, after=0, limit=limit)

    async def revive(self, sequence: int) -> None:
        """As the port says; its attempts are counted anew. `NotFound` where no such entry is dead."""
        await self._writer.alone(lambda session: _revive(session, sequence))

    async def depth(self) -> tuple[int, float]:
        """As the port says, without dead letters; the age is that of the ref update."""
        count, oldest_us = await self._readers.read(_depth)
        return count, 0.0 if oldest_us is None else max(0, self._clock() - oldest_us) / 1_000_000


def _forget(session: WriteSession, rows: Sequence[tuple[int]]) -> None:
    session.connection.executemany("DELETE FROM outbox WHERE sequence = ?", rows)


def _revive(session: WriteSession, sequence: int) -> None:
    if not _mark(session, sequence, _REVIVED, ()):
        raise NotFound("there is no dead letter of that number", field="sequence")


def _mark(session: WriteSession, sequence: int, statement: str, marks: tuple[int | str | None, ...]) -> bool:
    """Change the row and its digest; whether there was such a row. `Internal` where it was not what was written."""
    row: Any = session.connection.execute(_ROW, (sequence,)).fetchone()
    if row is not None:
        *own, digest = row
        row_digests.check("outbox", own, digest)
    session.connection.execute(statement, (*marks, sequence))
    is_marked = bool(session.connection.changes())
    sealing.seal(session.connection, "outbox", "WHERE sequence = ?", (sequence,))
    return is_marked


def _entries(access: Access, *, dead: bool, after: int, limit: int) -> list[OutboxEntry]:
    return [_to_entry(row) for row in access.connection.execute(_ENTRIES, (dead, after, limit))]


def _to_entry(row: tuple[Any, ...]) -> OutboxEntry:
    *own, digest, database, branch, incarnation = row[:_UPDATE_AT]
    row_digests.check("outbox", own, digest)
    sequence, _, _, attempts, next_ordinal, dead, last_error, retry_at_us = own
    return OutboxEntry(
        sequence=sequence,
        update=to_update(database, branch, incarnation, row[_UPDATE_AT:]),
        attempts=attempts,
        next_ordinal=next_ordinal,
        dead=bool(dead),
        last_error=last_error,
        retry_at=None if retry_at_us is None else to_datetime(retry_at_us),
    )


def _depth(access: Access) -> tuple[int, int | None]:
    row: tuple[int, int | None] = access.connection.execute(
        "SELECT count(*), (SELECT time_us FROM ref_update JOIN outbox AS oldest USING (branch, number) "
        "WHERE NOT oldest.dead ORDER BY oldest.sequence LIMIT 1) FROM outbox WHERE NOT dead"
    ).get
    return row
