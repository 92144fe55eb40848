"""Moving a branch: to another commit, or to one that stands for many."""

from dataclasses import dataclass, replace

from data_kernel.application.addressing import NEWEST, Addresses, NamedRevision
from data_kernel.application.hooks import Candidate, CommitHookPipeline, MoveCommand, WriteOptions
from data_kernel.application.ports import DocumentStore, WriteOutcome
from data_kernel.domain.commits import RefCause
from data_kernel.domain.databases import Database, State
from shared.context import CallContext
from shared.errors import Conflict, InvalidInput


@dataclass(frozen=True, slots=True)
class Beginning:
    """A move that is admitted, with the head that it is worked out from."""

    candidate: Candidate
    head: str | None

    @property
    def database(self) -> Database:
        """The branch's database."""
        return self.candidate.command.database

    def outcome(self, commit: str | None) -> WriteOutcome:
        """The answer, where the branch ends at `commit`."""
        return WriteOutcome((), commit, self.candidate.branch, changed=commit != self.head)


class Moves:
    """The use cases that move a branch, and what all of them begin with.

    Each is admitted by the hooks before anything is looked at. Errors: those of `CommitHookPipeline`; `Conflict`
    (STALE_HEAD) where the head is not the expected one, or moves meanwhile; `NotFound` for an unknown branch or
    revision. A dry run moves nothing.
    """

    def __init__(self, store: DocumentStore, addresses: Addresses, pipeline: CommitHookPipeline) -> None:
        self._store = store
        self._addresses = addresses
        self._pipeline = pipeline

    async def begin(self, database: str, options: WriteOptions, context: CallContext) -> Beginning:
        """Admit a move of the branch that the options name."""
        known = await self._addresses.database(database, context)
        candidate = await self._pipeline.admit(MoveCommand(known, options), context)
        head = (await self._store.get_branch(known.name, candidate.branch)).head
        if options.expected_head not in {"", head}:
            raise Conflict("the branch has moved from the expected head", field="expected_head")
        return Beginning(candidate, head)

    async def state(self, database: Database, named: NamedRevision, context: CallContext, field: str) -> State:
        """The state that a request names beside its branch; `InvalidInput` where it names none."""
        if named == NEWEST:
            raise InvalidInput(f"{field}: it names a branch or a rev", field=field)
        revision = self._addresses.revision(database, named, replace(context, branch=""))
        return await self._store.resolve(database.name, revision)

    async def finish(self, beginning: Beginning, commit: str | None, cause: RefCause) -> WriteOutcome:
        """Point the branch at the commit, unless it does already or nothing is to be kept."""
        outcome, candidate = beginning.outcome(commit), beginning.candidate
        if outcome.changed and not candidate.command.options.dry_run:
            await self._pipeline.move(candidate, commit, head=beginning.head, cause=cause)
        return outcome

    async def reset(
        self, database: str, target: NamedRevision, options: WriteOptions, context: CallContext
    ) -> WriteOutcome:
        """Point the branch at any commit of its database; what it leaves stays readable until it is collected."""
        beginning = await self.begin(database, options, context)
        state = await self.state(beginning.database, target, context, "to")
        return await self.finish(beginning, state.commit, RefCause.RESET)

    async def squashed(
        self, database: str, options: WriteOptions, context: CallContext
    ) -> tuple[str | None, str | None]:
        """Make one commit, on no branch, that stands for all of the branch's; tells the head, then that commit.

        There is none of both before the first commit, and none of the second from a dry run.
        """
        beginning = await self.begin(database, options, context)
        if beginning.head is None or options.dry_run:
            return beginning.head, None
        made = await self._pipeline.commit_detached(beginning.candidate, None, base=beginning.head, parents=())
        return beginning.head, made

    async def squash(
        self, database: str, since: NamedRevision | None, options: WriteOptions, context: CallContext
    ) -> WriteOutcome:
        """Put one commit in the place of all those since an ancestor, or of all that there are; the state stays.

        `InvalidInput` where `since` is no ancestor of the head. A dry run tells the head.
        """
        beginning = await self.begin(database, options, context)
        known, head = beginning.database, beginning.head
        ancestor = None if since is None else (await self.state(known, since, context, "since")).commit
        if head is None or ancestor == head:
            return beginning.outcome(head)
        if ancestor is not None and await self._store.merge_bases(known.name, head, ancestor) != [ancestor]:
            raise InvalidInput("since: it is no ancestor of the branch's head", field="since")
        parents = () if ancestor is None else (ancestor,)
        if (await self._store.get_commit(known.name, head)).parents == parents:
            return beginning.outcome(head)
        if options.dry_run:
            return replace(beginning.outcome(head), changed=True)
        squashed = await self._pipeline.commit_detached(beginning.candidate, None, base=head, parents=parents)
        return await self.finish(beginning, squashed, RefCause.REBASE)
