"""A bare grpc.aio server that gives back the bytes it got: `python -m bench.yardsticks.grpc_echo PORT`."""

import asyncio
import sys
from typing import Any

import grpc

METHOD = "/yardstick.Echo/Echo"


async def _echo(request: bytes, _: "grpc.aio.ServicerContext[Any, Any]") -> bytes:
    return request


async def serve(port: int) -> None:
    """Serve on loopback until the process ends."""
    server = grpc.aio.server()
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(_echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("yardstick.Echo", {"Echo": handler}),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
