"""`data_kernel.v1.BranchService`."""

from data_kernel.api.grpc.calls import RpcContext
from data_kernel.api.grpc.mapping import branch_message, named_revision
from data_kernel.application.kernel import Kernel
from shared.context import current
from shared.grpc.generated.data_kernel.v1 import branch_pb2, branch_pb2_grpc


class BranchServicer(branch_pb2_grpc.BranchServiceServicer):
    """Databases and branches."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    async def CreateDatabase(
        self, request: branch_pb2.CreateDatabaseRequest, context: RpcContext
    ) -> branch_pb2.CreateDatabaseResponse:
        """Makes a database."""
        await self._kernel.databases.create(request.database, current(), label=request.label, comment=request.comment)
        return branch_pb2.CreateDatabaseResponse()

    async def DeleteDatabase(
        self, request: branch_pb2.DeleteDatabaseRequest, context: RpcContext
    ) -> branch_pb2.DeleteDatabaseResponse:
        """Deletes a database."""
        await self._kernel.databases.delete(request.database, current())
        return branch_pb2.DeleteDatabaseResponse()

    async def ListBranches(
        self, request: branch_pb2.ListBranchesRequest, context: RpcContext
    ) -> branch_pb2.ListBranchesResponse:
        """One page of branches."""
        page = await self._kernel.branches.page(
            request.database, current(), count=request.page_size, page_token=request.page_token
        )
        return branch_pb2.ListBranchesResponse(
            branches=map(branch_message, page.branches), next_page_token=page.next_page_token
        )

    async def CreateBranch(
        self, request: branch_pb2.CreateBranchRequest, context: RpcContext
    ) -> branch_pb2.CreateBranchResponse:
        """Makes a branch."""
        origin = named_revision(request.origin) if request.HasField("origin") else None
        branch = await self._kernel.branches.create(request.database, request.branch, origin, current())
        return branch_pb2.CreateBranchResponse(branch=branch_message(branch))

    async def DeleteBranch(
        self, request: branch_pb2.DeleteBranchRequest, context: RpcContext
    ) -> branch_pb2.DeleteBranchResponse:
        """Deletes a branch."""
        await self._kernel.branches.delete(request.database, request.branch, current())
        return branch_pb2.DeleteBranchResponse()
