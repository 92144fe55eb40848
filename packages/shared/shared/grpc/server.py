"""The one way to build a gRPC server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from shared.telemetry import Telemetry

if TYPE_CHECKING:
    from shared.security import Authenticator
    from shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Registration:
    """One service: the generated `add_…_to_server`, the servicer, and the full name (`data_kernel.v1.QueryService`)."""

    add: Callable[[Any, grpc.aio.Server], None]
    servicer: object
    service_name: str


class PortTaken(OSError):
    """The port that the server should listen on is in use; the text is one line for a person."""


class GrpcServer:
    """A server with health, reflection, identity, context, deadlines, errors, spans and metrics."""

    def __init__(
        self,
        *,
        settings: "ServiceSettings",
        authenticator: "Authenticator",
        registrations: Sequence[Registration],
        telemetry: Telemetry,
    ) -> None:
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port that the server listens on, once started."""
        raise NotImplementedError

    async def start(self) -> None:
        """Bind and serve; PortTaken where the port is in use."""
        raise NotImplementedError

    async def stop(self, grace_s: float) -> None:
        """Turn health to NOT_SERVING, take no new call, give those in progress `grace_s` seconds, then end them."""
        raise NotImplementedError
