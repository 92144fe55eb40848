"""The commit hooks: the one way that every write takes to the store."""

import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from data_kernel.application.addressing import Addresses
from data_kernel.application.attribution import attribute, require_caller
from data_kernel.application.ports import (
    DetachedRequest,
    DocumentStore,
    Idempotency,
    MoveRequest,
    Plan,
    Planner,
    WriteOutcome,
    WriteRequest,
    WriterView,
)
from data_kernel.domain.branches import BranchName, check_writable, refuse_other_environment
from data_kernel.domain.commits import Attribution, RefCause
from data_kernel.domain.databases import Branch, Database, Naming, Revision, Tag
from data_kernel.domain.documents import Graph
from shared.context import CallContext

STRUCTURE = "structure"
"""The name under which metrics count the checks that run inside the writer."""


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What a request says about its write beside the content; empty where it does not say.

    `branch`, `author`, `message` and `trace_id` may also stand in the call's context, but not with another value.
    """

    branch: str = ""
    author: str = ""
    message: str = ""
    trace_id: str = ""
    expected_head: str = ""
    idempotency: Idempotency | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class WriteCommand:
    """A write to be made: the planner works out the changes of `graph` inside the writer."""

    database: Database
    graph: Graph
    planner: Planner
    options: WriteOptions


@dataclass(frozen=True, slots=True)
class MoveCommand:
    """A branch is to be moved: to a commit that is there, or to what is still to be worked out from several."""

    database: Database
    options: WriteOptions


@dataclass(frozen=True, slots=True)
class Candidate:
    """A write that is attributed and allowed on its branch, before anything of it is planned."""

    command: WriteCommand | MoveCommand
    branch: str
    attribution: Attribution

    @property
    def database(self) -> str:
        """Name of the database that it is for."""
        return self.command.database.name


class Validator(Protocol):
    """A check that a write must pass before it is handed to the writer.

    What depends on the documents' state runs in the writer instead, as part of the planner: there it sees the very
    parent that the commit gets.
    """

    @property
    def name(self) -> str:
        """Its name in metrics."""

    def __call__(self, candidate: Candidate) -> Awaitable[None]:
        """Return, or refuse by an `OmsError`; `ValidationFailed` lists every violation."""


class HookMetrics(Protocol):
    """Where the latencies of validators go; called from several threads."""

    def validator(self, name: str, duration_s: float) -> None:
        """One validator has run."""


class CommitHookPipeline:
    """Caller → branch rules → attribution → validators → planner and commit with its outbox row, atomically.

    Nothing else calls the store's writing methods on behalf of a caller. Errors: `Unauthenticated`, `Forbidden`,
    `ReadOnlyBranch`, `InvalidInput`, whatever validators and planner raise, and those of the store; each of them leaves
    no trace.
    """

    def __init__(
        self,
        store: DocumentStore,
        addresses: Addresses,
        metrics: HookMetrics,
        env: str,
        validators: Sequence[Validator] = (),
    ) -> None:
        self._store = store
        self._addresses = addresses
        self._metrics = metrics
        self._env = env
        self._validators = tuple(validators)

    async def run(self, command: WriteCommand, context: CallContext) -> WriteOutcome:
        """Make one commit, or with `dry_run` find out whether it could be made."""
        candidate = await self.admit(command, context)
        may_begin = self._may_begin(command, candidate.branch, context)
        return await self._store.write(self._request(candidate, command.planner, create_branch=may_begin))

    async def admit(self, command: WriteCommand | MoveCommand, context: CallContext) -> Candidate:
        """All that stands before the writer; what is admitted may be worked out and handed to the methods below."""
        branch = self._addresses.branch(command.database, command.options.branch, context)
        check_writable(branch, command.database.naming, self._env)
        candidate = Candidate(command, branch, self._attribution(command.database, command.options, context))
        for validator in self._validators:
            await self._validate(validator, candidate)
        return candidate

    async def commit(
        self,
        candidate: Candidate,
        planner: Planner,
        *,
        head: str | None,
        cause: RefCause = RefCause.COMMIT,
        merge_parents: tuple[str, ...] = (),
        redacts: bool = False,
    ) -> WriteOutcome:
        """Make a commit that was worked out from the branch's `head`; `Conflict` (STALE_HEAD) where it has moved on."""
        request = self._request(candidate, planner, create_branch=False)
        return await self._store.write(
            replace(request, expected_head=head, cause=cause, merge_parents=merge_parents, redacts=redacts)
        )

    async def commit_detached(
        self,
        candidate: Candidate,
        planner: Planner | None,
        *,
        base: str | None,
        parents: tuple[str, ...],
        said: tuple[str, str] | None = None,
    ) -> str:
        """Make a commit on no branch yet; with `said` it has that author and message."""
        attribution = candidate.attribution
        if said is not None:
            attribution = replace(attribution, author=said[0], message=said[1])
        planned = None if planner is None else self._measured(planner)
        return await self._store.write_detached(
            DetachedRequest(candidate.database, candidate.branch, attribution, base, parents, planned)
        )

    async def move(
        self, candidate: Candidate, commit: str | None, *, head: str | None, cause: RefCause
    ) -> WriteOutcome:
        """Point the branch, whose head is `head`, at a commit; `Conflict` (STALE_HEAD) where it has moved on."""
        database, branch, said = candidate.database, candidate.branch, candidate.attribution
        key = candidate.command.options.idempotency
        return await self._store.move_branch(MoveRequest(database, branch, commit, cause, said, head, key))

    async def answer_of(self, candidate: Candidate) -> WriteOutcome | None:
        """What the same call was answered before, by its idempotency key; `None` where there is none of both."""
        options = candidate.command.options
        if options.idempotency is None or options.dry_run:
            return None
        return await self._store.answer_of(candidate.database, candidate.attribution.actor, options.idempotency)

    async def set_tag(self, tag: Tag, context: CallContext) -> None:
        """Make a tag, or point it elsewhere; tags belong to the database and to no environment."""
        require_caller(context)
        await self._store.set_tag(tag)

    async def delete_tag(self, database: Database, name: str, context: CallContext) -> None:
        """Delete a tag; `NotFound`."""
        require_caller(context)
        await self._store.delete_tag(database.name, name)

    async def create_branch(
        self, database: Database, branch: str, origin: Revision | None, context: CallContext
    ) -> Branch:
        """Make a branch at `origin`, or an orphan; the rules of environments and attribution are a write's.

        A read-only branch may be made: it is what comes after that is refused.
        """
        if database.naming is Naming.PLATFORM:
            refuse_other_environment(branch, self._env)
        attribution = self._attribution(database, WriteOptions(), context)
        return await self._store.create_branch(database.name, branch, attribution, origin)

    async def delete_branch(self, database: Database, branch: str, context: CallContext) -> None:
        """Delete a branch by the rules of a write to it."""
        check_writable(branch, database.naming, self._env)
        await self._store.delete_branch(database.name, branch, self._attribution(database, WriteOptions(), context))

    def _request(self, candidate: Candidate, planner: Planner, *, create_branch: bool) -> WriteRequest:
        options = candidate.command.options
        return WriteRequest(
            database=candidate.database,
            branch=candidate.branch,
            attribution=candidate.attribution,
            planner=self._measured(planner),
            expected_head=options.expected_head or None,
            idempotency=options.idempotency,
            dry_run=options.dry_run,
            create_branch=create_branch,
        )

    def _attribution(self, database: Database, options: WriteOptions, context: CallContext) -> Attribution:
        return attribute(
            context,
            author=options.author,
            message=options.message,
            trace_id=options.trace_id,
            naming=database.naming,
        )

    def _measured(self, planner: Planner) -> Planner:
        """The planner with its latency, which is that of the structural checks; it runs on the writer's thread."""

        def run(view: WriterView) -> Plan:
            started = time.perf_counter()
            try:
                return planner(view)
            finally:
                self._metrics.validator(STRUCTURE, time.perf_counter() - started)

        return run

    async def _validate(self, validator: Validator, candidate: Candidate) -> None:
        started = time.perf_counter()
        try:
            await validator(candidate)
        finally:
            self._metrics.validator(validator.name, time.perf_counter() - started)

    def _may_begin(self, command: WriteCommand, branch: str, context: CallContext) -> bool:
        """A service's own main branch begins with its first schema commit; any other branch is made by a call."""
        if command.graph is not Graph.SCHEMA or command.database.naming is not Naming.PLATFORM:
            return False
        name = BranchName.parse(branch, self._env)
        return name.is_main and name.service == require_caller(context).service
