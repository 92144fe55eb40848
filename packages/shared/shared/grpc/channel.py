"""The one way to build a gRPC channel."""

from typing import TYPE_CHECKING

import grpc

from shared.grpc.tls import TlsFiles
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    from shared.security import ServiceSigner


def open_channel(
    address: str,
    *,
    audience: str,
    signer: "ServiceSigner | None",
    telemetry: Telemetry | None = None,
    tls: TlsFiles | None = None,
) -> grpc.aio.Channel:
    """A channel to the service `audience` at `address` (`host:port`), for the generated stubs.

    Calls carry the whitelisted part of the context, the user's token and the proof of `signer`; unary calls without a
    timeout get 10 s; within a served call none outlives its deadline. Errors arrive as `shared.errors` types.
    """
    raise NotImplementedError
