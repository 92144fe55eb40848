"""Any store with a span, a latency and a time limit around each call."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol, TypeVar

from opentelemetry.trace import StatusCode, Tracer

from data_kernel.application.ports import (
    DetachedRequest,
    DocumentStore,
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
from shared.errors import DeadlineExceeded, OmsError
from shared.telemetry import names

_Item = TypeVar("_Item")


class StoreMetrics(Protocol):
    """Where latencies go."""

    def store_call(self, operation: str, outcome: str, duration_s: float) -> None:
        """One call to the store has ended; `outcome` is `ok` or the reason of its error."""


class ObservedStore:
    """A `DocumentStore` over another one. A call that takes longer than `timeout_s` is `DeadlineExceeded`.

    A stream's limit is for each of its batches, and waiting for a movement has none. A write that runs into the limit
    may still be made: whoever must know repeats it with an idempotency key.
    """

    def __init__(self, inner: DocumentStore, tracer: Tracer, metrics: StoreMetrics, timeout_s: float) -> None:
        self._inner = inner
        self._tracer = tracer
        self._metrics = metrics
        self._timeout_s = timeout_s

    async def close(self) -> None:
        """Close the inner store."""
        await self._inner.close()

    async def ping(self) -> None:
        """As the port says."""
        async with self._call("ping"):
            await self._inner.ping()

    async def create_database(self, database: Database) -> None:
        """As the port says."""
        async with self._call("create_database", database.name):
            await self._inner.create_database(database)

    async def delete_database(self, name: str) -> None:
        """As the port says."""
        async with self._call("delete_database", name):
            await self._inner.delete_database(name)

    async def describe_database(self, name: str, label: str, comment: str) -> None:
        """As the port says."""
        async with self._call("describe_database", name):
            await self._inner.describe_database(name, label, comment)

    async def get_database(self, name: str) -> Database:
        """As the port says."""
        async with self._call("get_database", name):
            return await self._inner.get_database(name)

    async def list_databases(self) -> list[Database]:
        """As the port says."""
        async with self._call("list_databases"):
            return await self._inner.list_databases()

    async def create_branch(
        self, database: str, name: str, attribution: Attribution, origin: Revision | None = None
    ) -> Branch:
        """As the port says."""
        async with self._call("create_branch", database, name):
            return await self._inner.create_branch(database, name, attribution, origin)

    async def delete_branch(self, database: str, name: str, attribution: Attribution) -> None:
        """As the port says."""
        async with self._call("delete_branch", database, name):
            await self._inner.delete_branch(database, name, attribution)

    async def get_branch(self, database: str, name: str) -> Branch:
        """As the port says."""
        async with self._call("get_branch", database, name):
            return await self._inner.get_branch(database, name)

    async def list_branches(self, database: str, after: str = "", limit: int = 1000) -> list[Branch]:
        """As the port says."""
        async with self._call("list_branches", database):
            return await self._inner.list_branches(database, after, limit)

    async def write(self, request: WriteRequest) -> WriteOutcome:
        """As the port says."""
        async with self._call("write", request.database, request.branch):
            return await self._inner.write(request)

    async def write_detached(self, request: DetachedRequest) -> str:
        """As the port says."""
        async with self._call("write_detached", request.database, request.branch):
            return await self._inner.write_detached(request)

    async def move_branch(self, request: MoveRequest) -> WriteOutcome:
        """As the port says."""
        async with self._call("move_branch", request.database, request.branch):
            return await self._inner.move_branch(request)

    async def answer_of(self, database: str, actor: str, asked: Idempotency) -> WriteOutcome | None:
        """As the port says."""
        async with self._call("answer_of", database):
            return await self._inner.answer_of(database, actor, asked)

    async def purge(self, request: PurgeRequest) -> PurgeOutcome:
        """As the port says, without a time limit: it takes as long as the history is."""
        with self._measured("purge"):
            return await self._inner.purge(request)

    async def collect(self, database: str, retention: Retention, *, dry_run: bool = False) -> Collected:
        """As the port says, without a time limit: it takes as long as there is much to look at."""
        with self._measured("collect"):
            return await self._inner.collect(database, retention, dry_run=dry_run)

    @property
    def purge_epoch(self) -> int:
        """As the port says."""
        return self._inner.purge_epoch

    async def set_tag(self, tag: Tag) -> None:
        """As the port says."""
        async with self._call("set_tag", tag.database):
            await self._inner.set_tag(tag)

    async def delete_tag(self, database: str, name: str) -> None:
        """As the port says."""
        async with self._call("delete_tag", database):
            await self._inner.delete_tag(database, name)

    async def list_tags(self, database: str) -> list[Tag]:
        """As the port says."""
        async with self._call("list_tags", database):
            return await self._inner.list_tags(database)

    async def resolve(self, database: str, revision: Revision) -> State:
        """As the port says."""
        async with self._call("resolve", database, revision.branch or ""):
            return await self._inner.resolve(database, revision)

    async def get(
        self, database: str, state: State, document_ids: Sequence[str], graph: Graph = Graph.INSTANCE
    ) -> list[StoredDocument | None]:
        """As the port says."""
        async with self._call("get", database, state.branch or ""):
            return await self._inner.get(database, state, document_ids, graph)

    def scan(self, database: str, state: State, query: ScanQuery) -> AsyncIterator[list[StoredDocument]]:
        """As the port says."""
        return self._stream("scan", database, self._inner.scan(database, state, query))

    def find(self, database: str, state: State, query: ValueQuery) -> AsyncIterator[list[StoredDocument]]:
        """As the port says."""
        return self._stream("find", database, self._inner.find(database, state, query))

    async def log(self, database: str, state: State, after: str | None = None, limit: int = 100) -> list[Commit]:
        """As the port says."""
        async with self._call("log", database, state.branch or ""):
            return await self._inner.log(database, state, after, limit)

    async def get_commit(self, database: str, commit: str) -> Commit:
        """As the port says."""
        async with self._call("get_commit", database):
            return await self._inner.get_commit(database, commit)

    async def merge_bases(self, database: str, one: str, other: str) -> list[str]:
        """As the port says."""
        async with self._call("merge_bases", database):
            return await self._inner.merge_bases(database, one, other)

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
        async with self._call("history", database, state.branch or ""):
            return await self._inner.history(database, state, document_id, graph, after, limit)

    async def referrers(self, database: str, state: State, document_id: str) -> list[str]:
        """As the port says."""
        async with self._call("referrers", database, state.branch or ""):
            return await self._inner.referrers(database, state, document_id)

    def diff(self, database: str, old: State, new: State, graph: Graph = Graph.INSTANCE) -> AsyncIterator[list[Change]]:
        """As the port says."""
        return self._stream("diff", database, self._inner.diff(database, old, new, graph))

    async def ref_log(self, database: str, branch: str, since: Cursor, limit: int = 1000) -> list[RefUpdate]:
        """As the port says."""
        async with self._call("ref_log", database, branch):
            return await self._inner.ref_log(database, branch, since, limit)

    @property
    def movements(self) -> int:
        """As the port says."""
        return self._inner.movements

    async def wait_for_movement(self, seen: int) -> int:
        """As the port says."""
        return await self._inner.wait_for_movement(seen)

    @asynccontextmanager
    async def _call(self, operation: str, database: str = "", branch: str = "") -> AsyncIterator[None]:
        attributes = {names.DB_OPERATION_NAME: operation, names.DB_NAMESPACE: database, names.OMS_BRANCH: branch}
        span = self._tracer.start_as_current_span(
            f"store {operation}", attributes=attributes, record_exception=False, set_status_on_exception=False
        )
        with self._measured(operation), span as current:
            try:
                async with asyncio.timeout(self._timeout_s):
                    yield
            except TimeoutError as error:
                current.set_status(StatusCode.ERROR)
                raise self._too_slow(operation) from error
            except OmsError as error:
                current.set_attribute(names.OMS_ERROR_REASON, error.reason)
                raise

    async def _stream(
        self, operation: str, database: str, batches: AsyncIterator[list[_Item]]
    ) -> AsyncGenerator[list[_Item], None]:
        # The span ends with the stream and is never the current one: a generator may be closed in another context.
        attributes = {names.DB_OPERATION_NAME: operation, names.DB_NAMESPACE: database}
        span = self._tracer.start_span(f"store {operation}", attributes=attributes)
        try:
            with self._measured(operation):
                async with closing(batches) as stream:
                    while (batch := await self._next(operation, stream)) is not None:
                        yield batch
        finally:
            span.end()

    async def _next(self, operation: str, stream: AsyncIterator[list[_Item]]) -> list[_Item] | None:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await anext(stream, None)
        except TimeoutError as error:
            raise self._too_slow(operation) from error

    def _too_slow(self, operation: str) -> DeadlineExceeded:
        return DeadlineExceeded(f"the store did not answer {operation} within {self._timeout_s:g} s")

    @contextmanager
    def _measured(self, operation: str) -> Iterator[None]:
        started, outcome = time.perf_counter(), "ok"
        try:
            yield
        except OmsError as error:
            outcome = error.reason
            raise
        except BaseException:
            outcome = "aborted"
            raise
        finally:
            self._metrics.store_call(operation, outcome, time.perf_counter() - started)
