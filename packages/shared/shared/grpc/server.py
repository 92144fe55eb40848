"""The one way to build a gRPC server."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from shared.grpc.interceptors.server import CallInterceptor
from shared.grpc.options import server_options
from shared.grpc.tls import TlsFiles
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    from shared.security import Authenticator
    from shared.settings import ServiceSettings

_Health = health_pb2.HealthCheckResponse


@dataclass(frozen=True, slots=True)
class Registration:
    """One service: the generated `add_…_to_server`, the servicer, and the full name (`data_kernel.v1.QueryService`)."""

    add: Callable[[Any, grpc.aio.Server], None]
    servicer: object
    service_name: str


class PortTaken(OSError):
    """The server cannot listen on its port, mostly because it is in use; the text is one line for a person."""


class GrpcServer:
    """A server with health, reflection, identity, context, deadlines, errors, spans and metrics.

    Health and reflection answer without a token, everything else is authenticated. Listens on `bind_host` and
    `grpc_port` of the settings; with `GRPC_TLS_CERT` and `GRPC_TLS_KEY` by TLS, with `GRPC_TLS_CA` by mutual TLS.
    """

    def __init__(
        self,
        *,
        settings: "ServiceSettings",
        authenticator: "Authenticator",
        registrations: Sequence[Registration],
        telemetry: Telemetry,
    ) -> None:
        self._host, self._wanted_port = settings.bind_host, settings.grpc_port
        self._metadata_limit_bytes = settings.limits.metadata_bytes
        self._tls = TlsFiles.of(settings)
        self._registrations = tuple(registrations)
        self._interceptor = CallInterceptor(
            service=settings.service_name,
            authenticator=authenticator,
            telemetry=telemetry,
            metadata_limit_bytes=self._metadata_limit_bytes,
        )
        self._health = health.aio.HealthServicer()
        self._server: grpc.aio.Server | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """The port that the server listens on; 0 before `start`."""
        return self._port

    async def start(self) -> None:
        """Bind and serve; PortTaken where the port is in use."""
        server = grpc.aio.server(
            interceptors=[self._interceptor], options=server_options(metadata_limit_bytes=self._metadata_limit_bytes)
        )
        for registration in self._registrations:
            registration.add(registration.servicer, server)
        names = [registration.service_name for registration in self._registrations]
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
        self._port = self._bind(server)
        await server.start()
        self._server = server
        await self.set_serving(is_serving=True)
        structlog.get_logger().info("grpc_server_started", host=self._host, port=self._port)

    async def set_serving(self, *, is_serving: bool) -> None:
        """Let `grpc.health.v1` say of the server and each of its services whether they serve."""
        status = _Health.SERVING if is_serving else _Health.NOT_SERVING
        for name in ("", *(registration.service_name for registration in self._registrations)):
            await self._health.set(name, status)

    async def stop(self, grace_s: float) -> None:
        """Turn health to NOT_SERVING, take no new call, end open-ended streams, give the rest `grace_s` seconds."""
        server, self._server = self._server, None
        if server is None:
            return
        await self._health.enter_graceful_shutdown()
        self._interceptor.drain()
        await server.stop(grace_s)
        structlog.get_logger().info("grpc_server_stopped", port=self._port)

    def _bind(self, server: grpc.aio.Server) -> int:
        self._try_port()
        host = f"[{self._host}]" if ":" in self._host else self._host
        address = f"{host}:{self._wanted_port}"
        try:
            if self._tls is not None:
                return server.add_secure_port(address, self._tls.server_credentials())
            return server.add_insecure_port(address)
        except RuntimeError:
            raise PortTaken(f"cannot listen on gRPC port {self._wanted_port} of {self._host}") from None

    def _try_port(self) -> None:
        """Bind the port for a moment: gRPC would not say why it cannot, and print lines of its own."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((self._host, self._wanted_port))
        except OSError as error:
            reason = error.strerror or "it cannot be bound"
            raise PortTaken(f"cannot listen on gRPC port {self._wanted_port} of {self._host}: {reason}") from None
