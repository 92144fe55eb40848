"""Single commits done again elsewhere, or undone: cherry-pick, revert, rebase."""

from dataclasses import dataclass, replace

from data_kernel.application.addressing import NamedRevision
from data_kernel.application.hooks import CommitHookPipeline, WriteOptions
from data_kernel.application.ports import DocumentStore
from data_kernel.application.schemas import SchemaCache
from data_kernel.application.versioning.joined_plans import JoinedPlans
from data_kernel.application.versioning.joining import Sides
from data_kernel.application.versioning.merges import MergeOutcome, Merges, no_shared_history
from data_kernel.application.versioning.moves import Beginning, Moves
from data_kernel.domain.commits import Commit, RefCause
from data_kernel.domain.databases import State
from data_kernel.domain.merging import Strategy
from shared.context import CallContext
from shared.errors import Gone, InvalidInput, NotFound, TooLarge, Violation

MAX_REPLAYED = 1000
"""So many commits at most are replayed by one rebase."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A commit of a branch, and the one that stands for it after a rebase; `None`: it changes nothing there."""

    origin: str
    applied: str | None


@dataclass(frozen=True, slots=True)
class RebaseOutcome(MergeOutcome):
    """What a rebase did: `common` is where the branch had parted, `replayed` its own commits, oldest first."""

    common: str | None = None
    onto: str = ""
    replayed: tuple[Replayed, ...] = ()


class Replays:
    """The use cases that take up what a commit did, which is what leads to it from its first parent.

    Errors: those of `Merges`. What contradicts the branch is a conflict, in which ours is the branch's side.
    """

    def __init__(
        self, store: DocumentStore, moves: Moves, merges: Merges, pipeline: CommitHookPipeline, schemas: SchemaCache
    ) -> None:
        self._store = store
        self._moves = moves
        self._merges = merges
        self._pipeline = pipeline
        self._schemas = schemas

    async def cherry_pick(
        self, database: str, named: NamedRevision, strategy: Strategy, options: WriteOptions, context: CallContext
    ) -> MergeOutcome:
        """Do on the branch what a commit did elsewhere; the message is that commit's where none is given."""

        async def work(beginning: Beginning) -> MergeOutcome:
            commit = await self._commit(beginning, named, context)
            sides = Sides(beginning.database.name, _before(commit), beginning.head, commit.id)
            beginning = _saying(beginning, commit.message, context)
            return await self._merges.apply(beginning, sides, strategy, RefCause.COMMIT)

        return await self._merges.run(database, options, context, work)

    async def revert(
        self, database: str, named: NamedRevision, strategy: Strategy, options: WriteOptions, context: CallContext
    ) -> MergeOutcome:
        """Take back on the branch what a commit did; the message names it where none is given."""

        async def work(beginning: Beginning) -> MergeOutcome:
            commit = await self._commit(beginning, named, context)
            sides = Sides(beginning.database.name, commit.id, beginning.head, _before(commit))
            beginning = _saying(beginning, f"Revert {commit.id}", context)
            return await self._merges.apply(beginning, sides, strategy, RefCause.COMMIT)

        return await self._merges.run(database, options, context, work)

    async def rebase(
        self,
        database: str,
        named: NamedRevision,
        strategy: Strategy,
        options: WriteOptions,
        context: CallContext,
        *,
        anew: bool = False,
    ) -> RebaseOutcome:
        """Replay the branch's own commits, one by one, onto `named`, and point the branch at the last of them.

        Each keeps its author and message; one that changes nothing there is left out, and one with several parents is
        replayed as what it brought to its first. With `anew` every one is made again, also where it could stay or
        changes nothing, by the author of the rebase. A dry run makes the commits on no branch. Errors besides:
        `TooLarge` for more than `MAX_REPLAYED` commits. A conflict names the commit as theirs.
        """

        async def work(beginning: Beginning) -> RebaseOutcome:
            onto = (await self._moves.state(beginning.database, named, context, "onto")).commit
            if onto is None:
                raise InvalidInput("onto: it has no commit yet", field="onto")
            return await self._rebased(beginning, onto, strategy, anew=anew)

        return await self._moves.run(database, options, context, work, RebaseOutcome)

    async def _rebased(self, beginning: Beginning, onto: str, strategy: Strategy, *, anew: bool) -> RebaseOutcome:
        common, own = await self._own_commits(beginning, onto)
        resolved: list[Violation] = []
        replayed: list[Replayed] = []
        tip = onto
        for commit in own:
            if tip in commit.parents[:1] and not anew:
                applied: str | None = commit.id
            else:
                sides = Sides(beginning.database.name, _before(commit), tip, commit.id)
                applied = await self._replayed(beginning, commit, sides, strategy, resolved, anew=anew)
            replayed.append(Replayed(commit.id, applied))
            tip = applied or tip
        outcome = await self._moves.finish(beginning, tip, RefCause.REBASE)
        return RebaseOutcome(outcome, tuple(resolved), common, onto, tuple(replayed))

    async def _replayed(
        self,
        beginning: Beginning,
        commit: Commit,
        sides: Sides,
        strategy: Strategy,
        resolved: list[Violation],
        *,
        anew: bool,
    ) -> str | None:
        """The commit done again on our side, `None` where that changes nothing and is not to be told."""
        joined = await self._merges.join(sides, strategy)
        resolved += joined.conflicts
        if not (joined.classes or joined.documents or anew):
            return None
        author = beginning.candidate.attribution.author if anew else commit.author
        planner = JoinedPlans(beginning.database, self._schemas).checked(joined, sides)
        parents = () if sides.ours is None else (sides.ours,)
        return await self._pipeline.commit_detached(
            beginning.candidate, planner, base=sides.ours, parents=parents, said=(author, commit.message)
        )

    async def _own_commits(self, beginning: Beginning, onto: str) -> tuple[str | None, list[Commit]]:
        """The newest commit by first parents that `onto` has too, and those after it, oldest first."""
        database, head = beginning.database.name, beginning.head
        own: list[Commit] = []
        for commit in await self._store.log(database, State(head, None), limit=MAX_REPLAYED + 1) if head else []:
            if await self._store.merge_bases(database, commit.id, onto) == [commit.id]:
                return commit.id, own[::-1]
            own.append(commit)
        if len(own) > MAX_REPLAYED:
            raise TooLarge(f"onto: more than {MAX_REPLAYED} commits would be replayed", field="onto")
        if own:
            raise no_shared_history("onto")
        return None, own

    async def _commit(self, beginning: Beginning, named: NamedRevision, context: CallContext) -> Commit:
        found = (await self._moves.state(beginning.database, named, context, "commit")).commit
        if found is None:
            raise InvalidInput("commit: the branch has none yet", field="commit")
        commit = await self._store.get_commit(beginning.database.name, found)
        await self._expect_kept(beginning.database.name, _before(commit))
        return commit

    async def _expect_kept(self, database: str, before: str | None) -> None:
        """`Gone` where a commit's first parent was cut off, so that nobody knows what the commit did."""
        if before is None:
            return
        try:
            await self._store.get_commit(database, before)
        except NotFound as error:
            text = "commit: what was before it lies beyond the branch's history horizon, and is kept no more"
            raise Gone(text, field="commit") from error


def _before(commit: Commit) -> str | None:
    return commit.parents[0] if commit.parents else None


def _saying(beginning: Beginning, message: str, context: CallContext) -> Beginning:
    """With that message, where the call gives none."""
    candidate = beginning.candidate
    if candidate.command.options.message or context.commit_message:
        return beginning
    attribution = replace(candidate.attribution, message=message)
    return replace(beginning, candidate=replace(candidate, attribution=attribution))
