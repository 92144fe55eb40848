"""`data_kernel.v1.GovernanceService`."""

from collections.abc import AsyncIterator

from data_kernel.api.grpc.calls import RpcContext
from data_kernel.application.kernel import Kernel
from data_kernel.application.streams import closing
from shared.context import current
from shared.grpc.generated.data_kernel.v1 import governance_pb2, governance_pb2_grpc


class GovernanceServicer(governance_pb2_grpc.GovernanceServiceServicer):
    """What operators do to the whole store."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    async def CollectGarbage(
        self, request: governance_pb2.CollectGarbageRequest, context: RpcContext
    ) -> AsyncIterator[governance_pb2.CollectGarbageResponse]:
        """One message for each database, when its collection has ended."""
        collections = self._kernel.collecting.collect(request.database, current(), dry_run=request.dry_run)
        async with closing(collections) as each:
            async for database, collected in each:
                yield governance_pb2.CollectGarbageResponse(
                    database=database,
                    commits=collected.commits,
                    nodes=collected.nodes,
                    versions=collected.versions,
                    size_bytes=collected.size_bytes,
                )
