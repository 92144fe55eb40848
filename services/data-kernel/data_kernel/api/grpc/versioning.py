"""`data_kernel.v1.VersioningService`."""

from data_kernel.api.grpc.calls import RpcContext
from data_kernel.api.grpc.mapping import named_revision
from data_kernel.api.grpc.move_messages import (
    merge_strategy,
    move_options,
    move_result,
    tag_message,
    violation_messages,
)
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from shared.context import current
from shared.grpc.generated.data_kernel.v1 import versioning_pb2, versioning_pb2_grpc


class VersioningServicer(versioning_pb2_grpc.VersioningServiceServicer):
    """Branches moved, joined and rewritten; names for commits."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    async def Merge(self, request: versioning_pb2.MergeRequest, context: RpcContext) -> versioning_pb2.MergeResponse:
        """Merges into the branch."""
        asked, call = _source(request), current()
        strategy, options = merge_strategy(request.strategy), move_options(request, call)
        done = await self._kernel.merges.merge(request.database, asked, strategy, options, call)
        return versioning_pb2.MergeResponse(
            result=move_result(done.outcome), resolved=violation_messages(done.resolved)
        )

    async def SimulateMerge(
        self, request: versioning_pb2.SimulateMergeRequest, context: RpcContext
    ) -> versioning_pb2.SimulateMergeResponse:
        """Tells what a merge would do."""
        asked, call = _source(request), current()
        strategy, options = merge_strategy(request.strategy), move_options(request, call)
        found = await self._kernel.merges.simulate(request.database, asked, strategy, options, call)
        return versioning_pb2.SimulateMergeResponse(
            possible=found.is_possible,
            result=None if found.outcome is None else move_result(found.outcome),
            conflicts=violation_messages(found.conflicts),
            violations=violation_messages(found.violations),
        )

    async def Rebase(self, request: versioning_pb2.RebaseRequest, context: RpcContext) -> versioning_pb2.RebaseResponse:
        """Replays the branch's own commits behind another state."""
        asked, call = named_revision(request.onto), current()
        strategy, options = merge_strategy(request.strategy), move_options(request, call)
        done = await self._kernel.replays.rebase(request.database, asked, strategy, options, call)
        return versioning_pb2.RebaseResponse(
            result=move_result(done.outcome), resolved=violation_messages(done.resolved)
        )

    async def CherryPick(
        self, request: versioning_pb2.CherryPickRequest, context: RpcContext
    ) -> versioning_pb2.CherryPickResponse:
        """Does what a commit did elsewhere."""
        asked, call = named_revision(request.commit), current()
        strategy, options = merge_strategy(request.strategy), move_options(request, call)
        done = await self._kernel.replays.cherry_pick(request.database, asked, strategy, options, call)
        return versioning_pb2.CherryPickResponse(
            result=move_result(done.outcome), resolved=violation_messages(done.resolved)
        )

    async def Revert(self, request: versioning_pb2.RevertRequest, context: RpcContext) -> versioning_pb2.RevertResponse:
        """Takes back what a commit did."""
        asked, call = named_revision(request.commit), current()
        strategy, options = merge_strategy(request.strategy), move_options(request, call)
        done = await self._kernel.replays.revert(request.database, asked, strategy, options, call)
        return versioning_pb2.RevertResponse(
            result=move_result(done.outcome), resolved=violation_messages(done.resolved)
        )

    async def Squash(self, request: versioning_pb2.SquashRequest, context: RpcContext) -> versioning_pb2.SquashResponse:
        """Puts one commit in the place of many."""
        since, call = named_revision(request.since) if request.HasField("since") else None, current()
        outcome = await self._kernel.moves.squash(request.database, since, move_options(request, call), call)
        return versioning_pb2.SquashResponse(result=move_result(outcome))

    async def Reset(self, request: versioning_pb2.ResetRequest, context: RpcContext) -> versioning_pb2.ResetResponse:
        """Points the branch at another commit."""
        target, call = named_revision(request.to), current()
        outcome = await self._kernel.moves.reset(request.database, target, move_options(request, call), call)
        return versioning_pb2.ResetResponse(result=move_result(outcome))

    async def ListTags(
        self, request: versioning_pb2.ListTagsRequest, context: RpcContext
    ) -> versioning_pb2.ListTagsResponse:
        """All tags."""
        tags = await self._kernel.tags.list(request.database, current())
        return versioning_pb2.ListTagsResponse(tags=map(tag_message, tags))

    async def GetTag(self, request: versioning_pb2.GetTagRequest, context: RpcContext) -> versioning_pb2.GetTagResponse:
        """One tag."""
        tag = await self._kernel.tags.get(request.database, request.name, current())
        return versioning_pb2.GetTagResponse(tag=tag_message(tag))

    async def SetTag(self, request: versioning_pb2.SetTagRequest, context: RpcContext) -> versioning_pb2.SetTagResponse:
        """Makes a tag, or points it elsewhere."""
        target = named_revision(request.revision)
        tag = await self._kernel.tags.set(request.database, request.name, target, current())
        return versioning_pb2.SetTagResponse(tag=tag_message(tag))

    async def DeleteTag(
        self, request: versioning_pb2.DeleteTagRequest, context: RpcContext
    ) -> versioning_pb2.DeleteTagResponse:
        """Deletes a tag."""
        await self._kernel.tags.delete(request.database, request.name, current())
        return versioning_pb2.DeleteTagResponse()


def _source(request: versioning_pb2.MergeRequest | versioning_pb2.SimulateMergeRequest) -> NamedRevision:
    # The field is called `from`, which Python reserves.
    return named_revision(getattr(request, "from"))
