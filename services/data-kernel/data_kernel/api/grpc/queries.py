"""`data_kernel.v1.QueryService`: refused until the store answers queries."""

from collections.abc import AsyncIterator

from data_kernel.api.grpc.calls import RpcContext
from shared.errors import Unsupported
from shared.grpc.generated.data_kernel.v1 import query_pb2, query_pb2_grpc


def bindings(_woql: bytes | str) -> list[bytes]:
    """The bindings of a query, each a JSON object; `Unsupported`: the store answers no queries yet."""
    raise Unsupported("the embedded store answers no queries yet")


class QueryServicer(query_pb2_grpc.QueryServiceServicer):
    """Says that there are no queries."""

    async def ExecuteQuery(
        self, request: query_pb2.ExecuteQueryRequest, context: RpcContext
    ) -> AsyncIterator[query_pb2.ExecuteQueryResponse]:
        """Unsupported."""
        for binding in bindings(request.woql):
            yield query_pb2.ExecuteQueryResponse(bindings=[binding])
