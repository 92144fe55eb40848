"""Between messages of moves and the kernel's own values."""

from collections.abc import Sequence
from itertools import islice
from typing import TypeVar

from data_kernel.api.grpc.mapping import write_options
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.ports import WriteOutcome
from data_kernel.application.revalidation import MAX_VIOLATIONS
from data_kernel.domain.databases import Tag
from data_kernel.domain.merging import Strategy
from shared.context import CallContext
from shared.errors import InvalidInput, Violation
from shared.grpc.generated.common.v1 import common_pb2
from shared.grpc.generated.data_kernel.v1 import versioning_pb2

_STRATEGIES = {
    versioning_pb2.MERGE_STRATEGY_UNSPECIFIED: Strategy.MANUAL,
    versioning_pb2.MERGE_STRATEGY_MANUAL: Strategy.MANUAL,
    versioning_pb2.MERGE_STRATEGY_OURS: Strategy.OURS,
    versioning_pb2.MERGE_STRATEGY_THEIRS: Strategy.THEIRS,
}
_Move = TypeVar(
    "_Move",
    versioning_pb2.MergeRequest,
    versioning_pb2.SimulateMergeRequest,
    versioning_pb2.RebaseRequest,
    versioning_pb2.CherryPickRequest,
    versioning_pb2.RevertRequest,
    versioning_pb2.SquashRequest,
    versioning_pb2.ResetRequest,
)


def merge_strategy(strategy: "versioning_pb2.MergeStrategy.ValueType") -> Strategy:
    """Whose edit holds; `InvalidInput` for an unknown number."""
    try:
        return _STRATEGIES[strategy]
    except KeyError:
        raise InvalidInput("strategy: there is no such strategy", field="strategy") from None


def move_options(request: _Move, context: CallContext) -> WriteOptions:
    """What a request says about its move; all else that it asks for is what its idempotency key stands for."""
    asked = type(request)()
    asked.MergeFrom(request)
    asked.ClearField("options")
    return write_options(request.options, context, asked.SerializeToString(deterministic=True))


def move_result(outcome: WriteOutcome) -> versioning_pb2.MoveResult:
    """Where a branch is after a move."""
    return versioning_pb2.MoveResult(commit=outcome.commit or "", branch=outcome.branch, changed=outcome.changed)


def violation_messages(found: Sequence[Violation]) -> list[common_pb2.Violation]:
    """As many as a message is to have."""
    return [
        common_pb2.Violation(path=each.path, rule=each.rule, message=each.message)
        for each in islice(found, MAX_VIOLATIONS)
    ]


def tag_message(tag: Tag) -> versioning_pb2.Tag:
    """A tag."""
    return versioning_pb2.Tag(name=tag.name, commit=tag.commit)
