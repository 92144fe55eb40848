"""Moving a branch: to another commit, or to one that stands for many."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from data_kernel.application.addressing import NEWEST, Addresses, NamedRevision
from data_kernel.application.hooks import Candidate, CommitHookPipeline, MoveCommand, WriteOptions
from data_kernel.application.ports import DocumentStore, Plan, WriteOutcome
from data_kernel.domain.commits import RefCause
from data_kernel.domain.databases import Database, State
from shared.context import CallContext
from shared.errors import Conflict, InvalidInput, Reason

ATTEMPTS = 3
"""So many times at most a move is worked out, where the branch moves meanwhile."""

_Outcome = TypeVar("_Outcome")


@dataclass(frozen=True, slots=True)
class Beginning:
    """A move that is admitted, with the head that it is worked out from."""

    candidate: Candidate
    head: str | None

    @property
    def database(self) -> Database:
        """The branch's database."""
        return self.candidate.command.database

    @property
    def options(self) -> WriteOptions:
        """What the request says beside its content."""
        return self.candidate.command.options

    def outcome(self, commit: str | None) -> WriteOutcome:
        """The answer, where the branch ends at `commit`."""
        return WriteOutcome((), commit, self.candidate.branch, changed=commit != self.head)


class Moves:
    """The use cases that move a branch, and what all of them have in common.

    Each is admitted by the hooks before anything is looked at, and answered as before where its idempotency key was.
    Errors: those of `CommitHookPipeline`; `Conflict` (STALE_HEAD) where the head is not the expected one, or moves
    during every attempt; `NotFound` for an unknown branch or revision. A dry run moves nothing.
    """

    def __init__(self, store: DocumentStore, addresses: Addresses, pipeline: CommitHookPipeline) -> None:
        self._store = store
        self._addresses = addresses
        self._pipeline = pipeline

    async def run(
        self,
        database: str,
        options: WriteOptions,
        context: CallContext,
        work: Callable[[Beginning], Awaitable[_Outcome]],
        recalled: Callable[[WriteOutcome], _Outcome],
    ) -> _Outcome:
        """Have a move admitted and `attempt` its work; `recalled` makes the answer that its idempotency key had."""
        candidate = await self.admit(database, options, context)
        answer = await self._pipeline.answer_of(candidate)
        return await self.attempt(candidate, work) if answer is None else recalled(answer)

    async def admit(self, database: str, options: WriteOptions, context: CallContext) -> Candidate:
        """Have a move admitted by the hooks."""
        known = await self._addresses.database(database, context)
        return await self._pipeline.admit(MoveCommand(known, options), context)

    async def attempt(self, candidate: Candidate, work: Callable[[Beginning], Awaitable[_Outcome]]) -> _Outcome:
        """Do the `work` from the branch's head, anew where that moves meanwhile and the request expects none."""
        for _ in range(ATTEMPTS - 1):
            try:
                return await work(await self._begin(candidate))
            except Conflict as error:
                if error.reason is not Reason.STALE_HEAD or candidate.command.options.expected_head:
                    raise
        return await work(await self._begin(candidate))

    async def state(self, database: Database, named: NamedRevision, context: CallContext, field: str) -> State:
        """The state that a request names beside its branch; `InvalidInput` where it names none."""
        if named == NEWEST:
            raise InvalidInput(f"{field}: it names a branch or a rev", field=field)
        revision = self._addresses.revision(database, named, replace(context, branch=""))
        return await self._store.resolve(database.name, revision)

    async def finish(self, beginning: Beginning, commit: str | None, cause: RefCause) -> WriteOutcome:
        """Point the branch at the commit, unless it does already or nothing is to be kept."""
        outcome, candidate = beginning.outcome(commit), beginning.candidate
        if beginning.options.dry_run:
            return outcome
        if outcome.changed:
            return await self._pipeline.move(candidate, commit, head=beginning.head, cause=cause)
        if beginning.options.idempotency is None:
            return outcome
        # What changed nothing is answered like that again, whatever the branch is then.
        return await self._pipeline.commit(candidate, lambda _: Plan((), ()), head=beginning.head)

    async def reset(
        self, database: str, target: NamedRevision, options: WriteOptions, context: CallContext
    ) -> WriteOutcome:
        """Point the branch at any commit of its database; what it leaves stays readable until it is collected."""

        async def work(beginning: Beginning) -> WriteOutcome:
            state = await self.state(beginning.database, target, context, "to")
            return await self.finish(beginning, state.commit, RefCause.RESET)

        return await self.run(database, options, context, work, _as_it_was)

    async def squash(
        self, database: str, since: NamedRevision | None, options: WriteOptions, context: CallContext
    ) -> WriteOutcome:
        """Put one commit in the place of all those since an ancestor, or of all that there are; the state stays.

        `InvalidInput` where `since` is no ancestor of the head. A dry run tells the head.
        """

        async def work(beginning: Beginning) -> WriteOutcome:
            known = beginning.database
            ancestor = None if since is None else (await self.state(known, since, context, "since")).commit
            return await self._squash(beginning, ancestor)

        return await self.run(database, options, context, work, _as_it_was)

    async def squashed(
        self, database: str, options: WriteOptions, context: CallContext
    ) -> tuple[str | None, str | None]:
        """Make one commit, on no branch, that stands for all of the branch's; tells the head, then that commit.

        There is none of both before the first commit, and none of the second from a dry run.
        """

        async def work(beginning: Beginning) -> tuple[str | None, str | None]:
            if beginning.head is None or options.dry_run:
                return beginning.head, None
            made = await self._pipeline.commit_detached(beginning.candidate, None, base=beginning.head, parents=())
            return beginning.head, made

        return await self.attempt(await self.admit(database, options, context), work)

    async def _squash(self, beginning: Beginning, ancestor: str | None) -> WriteOutcome:
        database, head = beginning.database.name, beginning.head
        if head is None or ancestor == head:
            return await self.finish(beginning, head, RefCause.SQUASH)
        if ancestor is not None and await self._store.merge_bases(database, head, ancestor) != [ancestor]:
            raise InvalidInput("since: it is no ancestor of the branch's head", field="since")
        parents = () if ancestor is None else (ancestor,)
        if (await self._store.get_commit(database, head)).parents == parents:
            return await self.finish(beginning, head, RefCause.SQUASH)
        if beginning.options.dry_run:
            return replace(beginning.outcome(head), changed=True)
        squashed = await self._pipeline.commit_detached(beginning.candidate, None, base=head, parents=parents)
        return await self.finish(beginning, squashed, RefCause.SQUASH)

    async def _begin(self, candidate: Candidate) -> Beginning:
        head = (await self._store.get_branch(candidate.database, candidate.branch)).head
        if candidate.command.options.expected_head not in {"", head}:
            raise Conflict("the branch has moved from the expected head", field="expected_head")
        return Beginning(candidate, head)


def _as_it_was(answer: WriteOutcome) -> WriteOutcome:
    return answer
