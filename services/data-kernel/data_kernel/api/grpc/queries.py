"""`data_kernel.v1.QueryService`: refused until the store answers queries."""

from collections.abc import AsyncIterator

from data_kernel.api.grpc.calls import RpcContext
from data_kernel.application.queries import bindings
from shared.grpc.generated.data_kernel.v1 import query_pb2, query_pb2_grpc


class QueryServicer(query_pb2_grpc.QueryServiceServicer):
    """Says that there are no queries."""

    async def ExecuteQuery(
        self, request: query_pb2.ExecuteQueryRequest, context: RpcContext
    ) -> AsyncIterator[query_pb2.ExecuteQueryResponse]:
        """Unsupported."""
        for binding in bindings(request.database):
            yield query_pb2.ExecuteQueryResponse(bindings=[binding])
