"""Moving branches and naming commits of the kernel: one interface over gRPC or HTTP."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar, Unpack

from shared.clients.once import once
from shared.database.interfaces import ReadOptions, WriteOptions
from shared.database.revisions import NamedState
from shared.database.versioning import (
    DocumentHistoryEntry,
    MergeReport,
    MergeStrategy,
    Move,
    MoveOutcome,
    TagInfo,
)
from shared.resilience import Resilience

if TYPE_CHECKING:
    from shared.clients.versioning_grpc import VersioningGrpc
    from shared.clients.versioning_http import VersioningHttp

_WITHOUT_STRATEGY = {Move.RESET, Move.SQUASH}
_Answer = TypeVar("_Answer")


class VersioningClient:
    """Moves, tags and histories; got from a `TerminusGatewayClient`, whose connection and resilience it has.

    States are named by branch, commit, tag or time. Calls are repeated where the kernel is away; a move gets an
    idempotency key for that where it has none, so that it is made once.
    """

    def __init__(self, transport: "VersioningGrpc | VersioningHttp", resilience: Resilience) -> None:
        self._transport = transport
        self._resilience = resilience

    async def move(
        self,
        move: Move,
        state: NamedState | None = None,
        *,
        strategy: MergeStrategy = MergeStrategy.MANUAL,
        **options: Unpack[WriteOptions],
    ) -> MoveOutcome:
        """Move the branch that the options name; only a squash may do without another `state`.

        Errors: Conflict (STALE_HEAD; MERGE_CONFLICT with every conflict by document and path), ValidationFailed where
        both sides hold and not together, NotFound, InvalidInput. A reset and a squash have no strategy.
        """
        chosen = None if move in _WITHOUT_STRATEGY else strategy
        said = once(options)
        return await self._call(lambda: self._transport.move(move, state, chosen, **said))

    async def simulate_merge(
        self, source: NamedState, *, strategy: MergeStrategy = MergeStrategy.MANUAL, **options: Unpack[WriteOptions]
    ) -> MergeReport:
        """What a merge would do, through the whole pipeline; nothing moves and nothing is announced."""
        return await self._call(lambda: self._transport.simulate_merge(source, strategy, **options))

    async def tags(self, *, database: str | None = None) -> list[TagInfo]:
        """All tags in order of name."""
        return await self._call(lambda: self._transport.tags(database=database))

    async def get_tag(self, name: str, *, database: str | None = None) -> TagInfo:
        """One tag; NotFound."""
        return await self._call(lambda: self._transport.get_tag(name, database=database))

    async def set_tag(self, name: str, state: NamedState, *, database: str | None = None) -> TagInfo:
        """Make a tag, or point it elsewhere; InvalidInput for a name that no tag has."""
        return await self._call(lambda: self._transport.set_tag(name, state, database=database))

    async def delete_tag(self, name: str, *, database: str | None = None) -> None:
        """Delete a tag; NotFound. Not repeated, for a second attempt would find it gone."""
        await self._call(lambda: self._transport.delete_tag(name, database=database), retry=False)

    async def history(
        self, document_id: str, *, count: int = 100, **at: Unpack[ReadOptions]
    ) -> list[DocumentHistoryEntry]:
        """At most `count` of the commits that changed a document, newest first."""
        return await self._call(lambda: self._transport.history(document_id, count=count, **at))

    async def _call(self, fn: Callable[[], Awaitable[_Answer]], *, retry: bool = True) -> _Answer:
        return await self._resilience.call(fn, retry=retry)
