"""The embedded store as the kernel sees it: each call goes to the writer's thread or to a reader's."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import apsw

from data_kernel.adapters.embedded.collecting import Collector, Leases
from data_kernel.adapters.embedded.commits import commits, history
from data_kernel.adapters.embedded.disk import file, mounts
from data_kernel.adapters.embedded.disk.faults import report_storage
from data_kernel.adapters.embedded.disk.ownership import Ownership
from data_kernel.adapters.embedded.documents import purging, reads
from data_kernel.adapters.embedded.documents.finding import Finder
from data_kernel.adapters.embedded.documents.index_saver import IndexSaver
from data_kernel.adapters.embedded.documents.kept_indexes import KeptIndexes
from data_kernel.adapters.embedded.documents.reads import Page
from data_kernel.adapters.embedded.encoding.times import Clock, RandomSource, system_clock
from data_kernel.adapters.embedded.metrics import StoreCounters, StoreMetrics
from data_kernel.adapters.embedded.migrating.migration import migrate
from data_kernel.adapters.embedded.progress import log_of
from data_kernel.adapters.embedded.refs import branches, databases, reflog, revisions, tags
from data_kernel.adapters.embedded.refs.outbox import EmbeddedOutbox
from data_kernel.adapters.embedded.threads.access import Access, Memory
from data_kernel.adapters.embedded.threads.movement import Movement
from data_kernel.adapters.embedded.threads.readers import Readers
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.adapters.embedded.threads.writer import Writer
from data_kernel.application.ports import (
    DetachedRequest,
    Idempotency,
    MoveRequest,
    PurgeOutcome,
    PurgeRequest,
    ScanQuery,
    ValueQuery,
    WriteOutcome,
    WriteRequest,
)
from data_kernel.application.streams import closing
from data_kernel.domain.commits import Attribution, Commit, Cursor, HistoryEntry, RefUpdate
from data_kernel.domain.databases import Branch, Database, Revision, State, Tag
from data_kernel.domain.documents import Change, Graph, StoredDocument
from data_kernel.domain.retention import Collected, Retention
from shared.errors import Internal, Unavailable


class EmbeddedStore:
    """A `DocumentStore` in one file, owned by this process from `open` to `close`; `outbox` is its `Outbox`.

    It belongs to the event loop on which it was opened.
    """

    def __init__(self, path: Path, ownership: Ownership, session: WriteSession, clock: Clock, metrics: StoreMetrics):
        self._ownership = ownership
        self._metrics = metrics
        self._session = session
        self._movement = Movement(session.sequence)
        self._readers = Readers(path, session.access.memory)
        self._writer = Writer(session, self._movement.advance)
        self._leases = Leases()
        self._indexes = KeptIndexes()
        self._saver = IndexSaver(self._writer, self._indexes, metrics)
        self._finder = Finder(self._readers, self._leases, self._indexes, self._saver, session.random)
        self._collector = Collector(self._writer, self._readers, self._leases, self._saver, clock)
        self.outbox = EmbeddedOutbox(self._writer, self._readers, clock)

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock = system_clock,
        random: RandomSource = os.urandom,
        metrics: StoreMetrics | None = None,
        max_size_bytes: int | None = None,
        migrates: bool = True,
    ) -> Self:
        """Open the store, made where it is absent.

        `clock` tells microseconds since 1970, UTC; `random` makes the keys of documents and indexes: the same clock,
        random source and operations give the same commit ids. `max_size_bytes` bounds the file (its log beside it
        apart). A store of an earlier format is brought to that of today where it `migrates`, and refused else.
        Errors: `Unavailable` while another process has it or where the file cannot be used, `Unsupported` for another
        format or a network file system, `InvalidInput` for a file that is not a store.
        """
        ownership, session = await asyncio.to_thread(_open, path, clock, random, max_size_bytes, migrates=migrates)
        return cls(path, ownership, session, clock, metrics or StoreCounters())

    async def close(self) -> None:
        """As the port says."""
        self._movement.close()
        await self._saver.close()
        await self._writer.close()
        await self._readers.close()
        self._ownership.release()

    async def ping(self) -> None:
        """As the port says."""
        self._writer.check()
        await self._readers.read(_ping)

    # databases and branches

    async def create_database(self, database: Database) -> None:
        """As the port says."""
        await self._writer.alone(lambda session: databases.create(session, database))

    async def delete_database(self, name: str) -> None:
        """As the port says."""
        await self._writer.alone(lambda session: databases.delete(session, name))

    async def describe_database(self, name: str, label: str, comment: str) -> None:
        """As the port says."""
        await self._writer.submit(lambda session: databases.describe(session, name, label, comment))

    async def get_database(self, name: str) -> Database:
        """As the port says."""
        return await self._readers.read(lambda access: databases.find(access.connection, name))

    async def list_databases(self) -> list[Database]:
        """As the port says."""
        return await self._readers.read(lambda access: databases.list_all(access.connection))

    async def create_branch(
        self, database: str, name: str, attribution: Attribution, origin: Revision | None = None
    ) -> Branch:
        """As the port says."""
        return await self._writer.alone(lambda session: branches.create(session, database, name, attribution, origin))

    async def delete_branch(self, database: str, name: str, attribution: Attribution) -> None:
        """As the port says."""
        await self._writer.alone(lambda session: branches.delete(session, database, name, attribution))

    async def get_branch(self, database: str, name: str) -> Branch:
        """As the port says."""
        return await self._readers.read(branches.get, database, name)

    async def list_branches(self, database: str, after: str = "", limit: int = 1000) -> list[Branch]:
        """As the port says."""
        return await self._readers.read(branches.list_all, database, after, limit)

    # writing

    async def write(self, request: WriteRequest) -> WriteOutcome:
        """As the port says."""
        return await self._writer.submit(lambda session: commits.write(session, request))

    async def write_detached(self, request: DetachedRequest) -> str:
        """As the port says."""
        return await self._writer.submit(lambda session: commits.write_detached(session, request))

    async def move_branch(self, request: MoveRequest) -> WriteOutcome:
        """As the port says."""
        return await self._writer.submit(lambda session: commits.move(session, request))

    async def answer_of(self, database: str, actor: str, asked: Idempotency) -> WriteOutcome | None:
        """As the port says."""
        return await self._writer.submit(lambda session: commits.answer_of(session, database, actor, asked))

    async def purge(self, request: PurgeRequest) -> PurgeOutcome:
        """As the port says; answered once the bytes are out of the file and its log."""
        found = await self._readers.read(purging.find, request)
        try:
            outcome = await self._writer.alone(lambda session: purging.purge(session, request, found))
        finally:
            self._indexes.clear()
        await self._writer.between(purging.truncate_log)
        return outcome

    async def collect(self, database: str, retention: Retention, *, dry_run: bool = False) -> Collected:
        """As the port says."""
        collect = self._collector.estimate if dry_run else self._collector.collect
        return await collect(database, retention)

    @property
    def purge_epoch(self) -> int:
        """As the port says."""
        return self._session.purge_epoch

    async def set_tag(self, tag: Tag) -> None:
        """As the port says."""
        await self._writer.alone(lambda session: tags.put(session, tag))

    async def delete_tag(self, database: str, name: str) -> None:
        """As the port says."""
        await self._writer.alone(lambda session: tags.delete(session, database, name))

    async def list_tags(self, database: str) -> list[Tag]:
        """As the port says."""
        return await self._readers.read(tags.list_all, database)

    # reading

    async def resolve(self, database: str, revision: Revision) -> State:
        """As the port says."""
        return await self._readers.read(revisions.resolve, database, revision)

    async def get(
        self, database: str, state: State, document_ids: Sequence[str], graph: Graph = Graph.INSTANCE
    ) -> list[StoredDocument | None]:
        """As the port says."""
        return await self._readers.read(reads.get, database, state, document_ids, graph)

    async def scan(self, database: str, state: State, query: ScanQuery) -> AsyncIterator[list[StoredDocument]]:
        """As the port says. Each batch is a read of its own: a state does not change between them."""
        rest: ScanQuery | None = query
        self._metrics.scan_started()
        try:
            with self._leases.hold(state.commit):
                while rest is not None and rest.limit != 0:
                    page = await self._readers.read(reads.scan_page_of, database, state, rest)
                    self._metrics.rows_scanned(page.scanned)
                    rest = _rest(rest, page)
                    if page.documents:
                        yield page.documents
        finally:
            self._metrics.scan_ended()

    async def find(self, database: str, state: State, query: ValueQuery) -> AsyncIterator[list[StoredDocument]]:
        """As the port says."""
        self._metrics.scan_started()
        try:
            async with closing(self._finder.find(database, state, query)) as steps:
                async for step in steps:
                    self._metrics.rows_scanned(step.scanned)
                    if step.documents:
                        yield step.documents
        finally:
            self._metrics.scan_ended()

    async def log(self, database: str, state: State, after: str | None = None, limit: int = 100) -> list[Commit]:
        """As the port says."""
        return await self._readers.read(history.log, database, state, after, limit)

    async def get_commit(self, database: str, commit: str) -> Commit:
        """As the port says."""
        return await self._readers.read(history.find, database, commit)

    async def merge_bases(self, database: str, one: str, other: str) -> list[str]:
        """As the port says."""
        return await self._readers.read(history.merge_bases, database, one, other)

    async def history(
        self,
        database: str,
        state: State,
        document_id: str,
        graph: Graph = Graph.INSTANCE,
        after: str | None = None,
        limit: int = 100,
    ) -> list[HistoryEntry]:
        """As the port says."""
        return await self._readers.read(history.of_document, database, state, document_id, graph, after, limit)

    async def referrers(self, database: str, state: State, document_id: str) -> list[str]:
        """As the port says."""
        return await self._readers.read(reads.referrers_of, database, state, document_id)

    async def diff(
        self, database: str, old: State, new: State, graph: Graph = Graph.INSTANCE
    ) -> AsyncIterator[list[Change]]:
        """As the port says."""
        after: str | None = ""
        self._metrics.scan_started()
        try:
            with self._leases.hold(old.commit, new.commit):
                while after is not None:
                    page = await self._readers.read(reads.diff_page, database, old, new, graph, after)
                    self._metrics.rows_scanned(page.scanned)
                    after = page.resume_after
                    if page.changes:
                        yield page.changes
        finally:
            self._metrics.scan_ended()

    async def ref_log(self, database: str, branch: str, since: Cursor, limit: int = 1000) -> list[RefUpdate]:
        """As the port says."""
        return await self._readers.read(
            lambda access: reflog.entries(access.connection, database, branch, since, limit)
        )

    @property
    def movements(self) -> int:
        """As the port says."""
        return self._movement.count

    async def wait_for_movement(self, seen: int) -> int:
        """As the port says; the count is kept in the file and goes on after a restart."""
        return await self._movement.wait(seen)


def _open(
    path: Path, clock: Clock, random: RandomSource, max_size_bytes: int | None, *, migrates: bool
) -> tuple[Ownership, WriteSession]:
    path.parent.mkdir(parents=True, exist_ok=True)
    mounts.refuse_network(path.parent)
    ownership = Ownership(path)
    try:
        if migrates:
            migrate(path, log_of("store_migrating"))
        file.prepare(path)
        return ownership, _begin(file.connect_writer(path, max_size_bytes), clock, random)
    except BaseException:
        ownership.release()
        raise


def _begin(connection: apsw.Connection, clock: Clock, random: RandomSource) -> WriteSession:
    try:
        return WriteSession(connection, Memory(), clock, random)
    except (apsw.Error, ValueError, Internal) as error:  # ValueError: what should be text is none
        connection.close()
        if isinstance(error, apsw.Error):
            report_storage("store_not_read", error)
        raise Unavailable("the store's file is damaged") from error


def _ping(access: Access) -> None:
    access.connection.execute("SELECT format FROM meta").fetchall()


def _rest(query: ScanQuery, page: Page) -> ScanQuery | None:
    if page.resume_after is None:
        return None
    limit = None if query.limit is None else query.limit - len(page.documents)
    return replace(query, after_id=page.resume_after, skip=query.skip - page.skipped, limit=limit)
