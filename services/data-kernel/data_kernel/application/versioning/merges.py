"""Merging a branch or a commit into a branch."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from data_kernel.application.addressing import NamedRevision
from data_kernel.application.hooks import Candidate, CommitHookPipeline, WriteOptions
from data_kernel.application.ports import DocumentStore, WriteOutcome
from data_kernel.application.schemas import SchemaCache
from data_kernel.application.versioning.joined_plans import JoinedPlans, unchecked
from data_kernel.application.versioning.joining import Joined, Joining, Sides, SidesContradict
from data_kernel.application.versioning.moves import Beginning, Moves
from data_kernel.domain.commits import RefCause
from data_kernel.domain.merging import Strategy
from shared.context import CallContext
from shared.errors import InvalidInput, ValidationFailed, Violation


@dataclass(frozen=True, slots=True)
class MergeOutcome:
    """What a merge did; `resolved` are the conflicts in which the strategy took a side.

    They are not told again to a call that is answered by its idempotency key.
    """

    outcome: WriteOutcome
    resolved: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a merge would do: `outcome` as that of a dry run, `None` where a validator refuses beforehand.

    `conflicts` are where both sides edited (resolved, where the strategy takes a side), `violations` what both together
    would break, conflicts left as they were before. The merge `is_possible` where nothing is in its way.
    """

    outcome: WriteOutcome | None
    conflicts: tuple[Violation, ...]
    violations: tuple[Violation, ...]
    is_possible: bool


@dataclass(frozen=True, slots=True)
class _Course:
    """How a merge goes: nothing to do (`theirs` is ours or older), a fast-forward, or the union of two `sides`."""

    theirs: str | None
    sides: Sides | None = None


def no_shared_history(field: str) -> InvalidInput:
    """The error for what has no common ancestor with the branch, or none that is kept still."""
    text = "it shares no history with the branch; what lies beyond a branch's history horizon does not count"
    return InvalidInput(f"{field}: {text}", field=field)


class Merges:
    """The use case that merges, and what it shares with those that replay commits."""

    def __init__(
        self, store: DocumentStore, moves: Moves, joining: Joining, pipeline: CommitHookPipeline, schemas: SchemaCache
    ) -> None:
        self._store = store
        self._moves = moves
        self._joining = joining
        self._pipeline = pipeline
        self._schemas = schemas

    async def run(
        self,
        database: str,
        options: WriteOptions,
        context: CallContext,
        work: Callable[[Beginning], Awaitable[MergeOutcome]],
    ) -> MergeOutcome:
        """As `Moves.run`, for what answers as a merge does."""
        return await self._moves.run(database, options, context, work, MergeOutcome)

    async def merge(
        self, database: str, source: NamedRevision, strategy: Strategy, options: WriteOptions, context: CallContext
    ) -> MergeOutcome:
        """Bring what `source` has and the branch has not onto the branch, by a fast-forward where one is possible.

        Several merge bases are merged into one that no branch has. A dry run moves nothing. Errors: those of `Moves`;
        `SidesContradict` with the conflicts by document and path under `manual`; `UnionRefused` where both sides
        hold and their union does not; `InvalidInput` where they share no history.
        """

        async def work(beginning: Beginning) -> MergeOutcome:
            course = await self._course(beginning, source, context)
            if course.sides is None:
                return MergeOutcome(await self._moves.finish(beginning, course.theirs, RefCause.FAST_FORWARD))
            parents = (course.sides.theirs or "",)
            return await self.apply(beginning, course.sides, strategy, RefCause.MERGE, merge_parents=parents)

        return await self.run(database, options, context, work)

    async def simulate(
        self, database: str, source: NamedRevision, strategy: Strategy, options: WriteOptions, context: CallContext
    ) -> Simulation:
        """Find out what `merge` would do, through the whole pipeline; nothing moves and nothing is announced.

        Errors: those of `merge`, but for conflicts and violations, which are what is told.
        """

        async def work(beginning: Beginning) -> Simulation:
            course = await self._course(beginning, source, context)
            if course.sides is None:
                return Simulation(beginning.outcome(course.theirs), (), (), is_possible=True)
            return await self._simulated(beginning, course.sides, strategy)

        trial = replace(options, dry_run=True, idempotency=None)
        try:
            return await self._moves.attempt(await self._moves.admit(database, trial, context), work)
        except ValidationFailed as error:
            return Simulation(None, (), error.violations, is_possible=False)

    async def apply(
        self,
        beginning: Beginning,
        sides: Sides,
        strategy: Strategy,
        cause: RefCause,
        merge_parents: tuple[str, ...] = (),
    ) -> MergeOutcome:
        """Commit the sides' union on the branch, whose head is our side."""
        joined = await self.join(sides, strategy)
        planner = JoinedPlans(beginning.database, self._schemas).checked(joined, sides)
        outcome = await self._pipeline.commit(
            beginning.candidate, planner, head=beginning.head, cause=cause, merge_parents=merge_parents
        )
        # A merge makes a commit even where it changes no document, which a dry run is to tell too.
        return MergeOutcome(replace(outcome, changed=outcome.changed or bool(merge_parents)), joined.conflicts)

    async def join(self, sides: Sides, strategy: Strategy) -> Joined:
        """Both sides' edits; `SidesContradict` under `manual` where they contradict each other."""
        joined = await self._joining.join(sides, strategy)
        if strategy is Strategy.MANUAL and joined.conflicts:
            raise SidesContradict(sides, joined.conflicts)
        return joined

    async def common_base(self, candidate: Candidate, bases: list[str], field: str) -> str:
        """The one base, or one made of several, which stays on no branch; `InvalidInput` where there is none.

        Where the bases contradict each other it has what was before them both, so that either side has changed it.
        """
        if not bases:
            raise no_shared_history(field)
        first, *others = bases
        for other in others:
            below = await self._store.merge_bases(candidate.database, first, other)
            base = await self.common_base(candidate, below, field) if below else None
            joined = await self._joining.join(Sides(candidate.database, base, first, other), Strategy.MANUAL)
            first = await self._pipeline.commit_detached(
                candidate, unchecked(joined), base=first, parents=(first, other)
            )
        return first

    async def _course(self, beginning: Beginning, source: NamedRevision, context: CallContext) -> _Course:
        known, ours = beginning.database, beginning.head
        theirs = (await self._moves.state(known, source, context, "from")).commit
        if theirs is None or theirs == ours:
            return _Course(ours)
        bases = [] if ours is None else await self._store.merge_bases(known.name, ours, theirs)
        if bases == [theirs]:
            return _Course(ours)
        if ours is None or bases == [ours]:
            return _Course(theirs)
        base = await self.common_base(beginning.candidate, bases, "from")
        return _Course(theirs, Sides(known.name, base, ours, theirs))

    async def _simulated(self, beginning: Beginning, sides: Sides, strategy: Strategy) -> Simulation:
        joined = await self._joining.join(sides, strategy)
        planner = JoinedPlans(beginning.database, self._schemas).checked(joined, sides)
        violations: tuple[Violation, ...] = ()
        try:
            await self._pipeline.commit(beginning.candidate, planner, head=beginning.head, cause=RefCause.MERGE)
        except ValidationFailed as error:
            violations = error.violations
        is_decided = strategy is not Strategy.MANUAL or not joined.conflicts
        outcome = replace(beginning.outcome(beginning.head), changed=True)
        return Simulation(outcome, joined.conflicts, violations, is_possible=is_decided and not violations)
