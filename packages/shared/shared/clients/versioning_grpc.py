"""Moves, tags and histories over gRPC (`data_kernel.v1`)."""

from collections.abc import Iterable
from typing import Any, Unpack

import grpc

from shared.clients import kernel_messages as messages
from shared.clients.call_scope import call_scope
from shared.clients.kernel_grpc import read_scope, write_scope
from shared.database.interfaces import ReadOptions, WriteOptions, WriteResult
from shared.database.revisions import NamedState
from shared.database.versioning import (
    DocumentHistoryEntry,
    MergeReport,
    MergeStrategy,
    Move,
    MoveOutcome,
    TagInfo,
)
from shared.errors import Violation
from shared.grpc.generated.common.v1 import common_pb2
from shared.grpc.generated.data_kernel.v1 import (
    history_pb2,
    history_pb2_grpc,
    versioning_pb2,
    versioning_pb2_grpc,
)

_STRATEGIES = {
    MergeStrategy.MANUAL: versioning_pb2.MERGE_STRATEGY_MANUAL,
    MergeStrategy.OURS: versioning_pb2.MERGE_STRATEGY_OURS,
    MergeStrategy.THEIRS: versioning_pb2.MERGE_STRATEGY_THEIRS,
}
_REQUESTS: dict[Move, tuple[type[Any], str]] = {
    Move.MERGE: (versioning_pb2.MergeRequest, "from"),
    Move.REBASE: (versioning_pb2.RebaseRequest, "onto"),
    Move.CHERRY_PICK: (versioning_pb2.CherryPickRequest, "commit"),
    Move.REVERT: (versioning_pb2.RevertRequest, "commit"),
    Move.RESET: (versioning_pb2.ResetRequest, "to"),
    Move.SQUASH: (versioning_pb2.SquashRequest, "since"),
}


class VersioningGrpc:
    """The kernel's `VersioningService`, and the document's part of its `HistoryService`, over a channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._versioning = versioning_pb2_grpc.VersioningServiceStub(channel)
        self._history = history_pb2_grpc.HistoryServiceStub(channel)

    async def move(
        self, move: Move, state: NamedState | None, strategy: MergeStrategy | None, **options: Unpack[WriteOptions]
    ) -> MoveOutcome:
        """As `VersioningClient.move`."""
        calls: dict[Move, Any] = {
            Move.MERGE: self._versioning.Merge,
            Move.REBASE: self._versioning.Rebase,
            Move.CHERRY_PICK: self._versioning.CherryPick,
            Move.REVERT: self._versioning.Revert,
            Move.RESET: self._versioning.Reset,
            Move.SQUASH: self._versioning.Squash,
        }
        request, field = _REQUESTS[move]
        with write_scope(options) as context:
            asked: dict[str, Any] = {field: None if state is None else messages.revision_of(state)}
            if strategy is not None:
                asked["strategy"] = _STRATEGIES[strategy]
            said = messages.write_options(context, **options)
            answer = await calls[move](request(database=context.database, options=said, **asked))
        result = WriteResult((), answer.result.commit, answer.result.branch, answer.result.changed)
        return MoveOutcome(result, _violations(getattr(answer, "resolved", ())))

    async def simulate_merge(
        self, source: NamedState, strategy: MergeStrategy, **options: Unpack[WriteOptions]
    ) -> MergeReport:
        """As `VersioningClient.simulate_merge`."""
        with write_scope(options) as context:
            asked: dict[str, Any] = {"from": messages.revision_of(source), "strategy": _STRATEGIES[strategy]}
            said = messages.write_options(context, **options)
            answer = await self._versioning.SimulateMerge(
                versioning_pb2.SimulateMergeRequest(database=context.database, options=said, **asked)
            )
        return MergeReport(answer.possible, _violations(answer.conflicts), _violations(answer.violations))

    async def tags(self, *, database: str | None = None) -> list[TagInfo]:
        """As `VersioningClient.tags`."""
        with call_scope(database=database) as context:
            answer = await self._versioning.ListTags(versioning_pb2.ListTagsRequest(database=context.database))
        return [TagInfo(tag.name, tag.commit) for tag in answer.tags]

    async def get_tag(self, name: str, *, database: str | None = None) -> TagInfo:
        """As `VersioningClient.get_tag`."""
        with call_scope(database=database) as context:
            answer = await self._versioning.GetTag(versioning_pb2.GetTagRequest(database=context.database, name=name))
        return TagInfo(answer.tag.name, answer.tag.commit)

    async def set_tag(self, name: str, state: NamedState, *, database: str | None = None) -> TagInfo:
        """As `VersioningClient.set_tag`."""
        with call_scope(database=database) as context:
            revision = messages.revision_of(state)
            answer = await self._versioning.SetTag(
                versioning_pb2.SetTagRequest(database=context.database, name=name, revision=revision)
            )
        return TagInfo(answer.tag.name, answer.tag.commit)

    async def delete_tag(self, name: str, *, database: str | None = None) -> None:
        """As `VersioningClient.delete_tag`."""
        with call_scope(database=database) as context:
            await self._versioning.DeleteTag(versioning_pb2.DeleteTagRequest(database=context.database, name=name))

    async def history(
        self, document_id: str, *, count: int = 100, **at: Unpack[ReadOptions]
    ) -> list[DocumentHistoryEntry]:
        """As `VersioningClient.history`."""
        with read_scope(at) as context:
            answer = await self._history.GetDocumentHistory(
                history_pb2.GetDocumentHistoryRequest(
                    database=context.database,
                    revision=messages.revision(context, **at),
                    id=document_id,
                    page_size=count,
                )
            )
        return [
            DocumentHistoryEntry(messages.commit_info(each.commit), messages.KINDS[each.kind])
            for each in answer.entries
        ]


def _violations(found: Iterable[common_pb2.Violation]) -> tuple[Violation, ...]:
    return tuple(Violation(each.path, each.rule, each.message) for each in found)
