"""Single commits done again elsewhere, or undone: cherry-pick, revert, rebase."""

from dataclasses import replace

from data_kernel.application.addressing import NamedRevision
from data_kernel.application.hooks import CommitHookPipeline, WriteOptions
from data_kernel.application.ports import DocumentStore
from data_kernel.application.schemas import SchemaCache
from data_kernel.application.versioning.joined_plans import JoinedPlans
from data_kernel.application.versioning.joining import Sides
from data_kernel.application.versioning.merges import MergeOutcome, Merges
from data_kernel.application.versioning.moves import Beginning, Moves
from data_kernel.domain.commits import Commit, RefCause
from data_kernel.domain.databases import State
from data_kernel.domain.merging import Strategy
from shared.context import CallContext
from shared.errors import InvalidInput, TooLarge, Violation

MAX_REPLAYED = 1000
"""So many commits at most are replayed by one rebase."""


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
        beginning = await self._moves.begin(database, options, context)
        commit = await self._commit(beginning, named, context)
        sides = Sides(beginning.database.name, _before(commit), beginning.head, commit.id)
        beginning = _saying(beginning, commit.message, context)
        return await self._merges.apply(beginning, sides, strategy, RefCause.COMMIT)

    async def revert(
        self, database: str, named: NamedRevision, strategy: Strategy, options: WriteOptions, context: CallContext
    ) -> MergeOutcome:
        """Take back on the branch what a commit did; the message names it where none is given."""
        beginning = await self._moves.begin(database, options, context)
        commit = await self._commit(beginning, named, context)
        sides = Sides(beginning.database.name, commit.id, beginning.head, _before(commit))
        beginning = _saying(beginning, f"Revert {commit.id}", context)
        return await self._merges.apply(beginning, sides, strategy, RefCause.COMMIT)

    async def rebase(
        self, database: str, named: NamedRevision, strategy: Strategy, options: WriteOptions, context: CallContext
    ) -> MergeOutcome:
        """Replay the branch's own commits, one by one, onto `named`, and point the branch at the last of them.

        Each keeps its author and message; one that changes nothing there is left out, and one with several parents is
        replayed as what it brought to its first. A dry run makes the commits on no branch. Errors besides: `TooLarge`
        for more than `MAX_REPLAYED` commits. A conflict names the commit as theirs.
        """
        beginning = await self._moves.begin(database, options, context)
        onto = (await self._moves.state(beginning.database, named, context, "onto")).commit
        if onto is None:
            raise InvalidInput("onto: it has no commit yet", field="onto")
        resolved: list[Violation] = []
        tip = onto
        for commit in await self._own_commits(beginning, onto):
            if tip in commit.parents[:1]:
                tip = commit.id
                continue
            sides = Sides(beginning.database.name, _before(commit), tip, commit.id)
            tip = await self._replayed(beginning, commit, sides, strategy, resolved)
        return MergeOutcome(await self._moves.finish(beginning, tip, RefCause.REBASE), tuple(resolved))

    async def _replayed(
        self, beginning: Beginning, commit: Commit, sides: Sides, strategy: Strategy, resolved: list[Violation]
    ) -> str:
        """The commit done again on our side, or our side itself where that changes nothing."""
        joined = await self._merges.join(sides, strategy)
        resolved += joined.conflicts
        if not (joined.classes or joined.documents):
            return sides.ours or ""
        planner = JoinedPlans(beginning.database, self._schemas).checked(joined, sides)
        parents = () if sides.ours is None else (sides.ours,)
        return await self._pipeline.commit_detached(
            beginning.candidate, planner, base=sides.ours, parents=parents, original=commit
        )

    async def _own_commits(self, beginning: Beginning, onto: str) -> list[Commit]:
        """The commits by first parents that `onto` does not have, oldest first."""
        database, head = beginning.database.name, beginning.head
        own: list[Commit] = []
        for commit in await self._store.log(database, State(head, None), limit=MAX_REPLAYED + 1) if head else []:
            if await self._store.merge_bases(database, commit.id, onto) == [commit.id]:
                return own[::-1]
            own.append(commit)
        if len(own) > MAX_REPLAYED:
            raise TooLarge(f"onto: more than {MAX_REPLAYED} commits would be replayed", field="onto")
        if own:
            raise InvalidInput("onto: it shares no history with the branch", field="onto")
        return own

    async def _commit(self, beginning: Beginning, named: NamedRevision, context: CallContext) -> Commit:
        found = (await self._moves.state(beginning.database, named, context, "commit")).commit
        if found is None:
            raise InvalidInput("commit: the branch has none yet", field="commit")
        return await self._store.get_commit(beginning.database.name, found)


def _before(commit: Commit) -> str | None:
    return commit.parents[0] if commit.parents else None


def _saying(beginning: Beginning, message: str, context: CallContext) -> Beginning:
    """With that message, where the call gives none."""
    candidate = beginning.candidate
    if candidate.command.options.message or context.commit_message:
        return beginning
    attribution = replace(candidate.attribution, message=message)
    return replace(beginning, candidate=replace(candidate, attribution=attribution))
