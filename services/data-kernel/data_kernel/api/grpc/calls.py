"""The type of what gRPC hands to every handler beside the request."""

from typing import Any

import grpc

RpcContext = grpc.aio.ServicerContext[Any, Any]
