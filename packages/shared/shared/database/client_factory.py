"""The one place that makes clients."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, cast

from shared.clients.embedding import EmbeddingClient
from shared.clients.event_gateway import EventGatewayClient
from shared.clients.terminus_gateway import TerminusGatewayClient
from shared.database.clients.terminus import TerminusDBClient
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    from shared.security import ServiceSigner


class _Closable(Protocol):
    async def close(self) -> None: ...


_Client = TypeVar("_Client", bound=_Closable)


class DatabaseClientFactory:
    """Makes one client per kind and target, and closes them all; which one a call uses is the providers' business.

    `timeout_s` is the deadline of each call to a database, its retries included.

    `install` makes a factory the process's own, for the class methods of earlier days.
    """

    _of_process: ClassVar["DatabaseClientFactory | None"] = None

    def __init__(
        self,
        service: str,
        *,
        signer: "ServiceSigner | None" = None,
        telemetry: Telemetry | None = None,
        use_grpc: bool = True,
        timeout_s: float = 10.0,
    ) -> None:
        self._service = service
        self._signer = signer
        self._telemetry = telemetry or Telemetry.off(service)
        self._use_grpc = use_grpc
        self._timeout_s = timeout_s
        self._clients: dict[Hashable, _Closable] = {}

    def gateway(self, target: str = "data-kernel:50051", *, http_url: str | None = None) -> TerminusGatewayClient:
        """The client of the kernel at that address (`http_url` where gRPC is off)."""
        return self._one(
            ("gateway", target, http_url),
            lambda: TerminusGatewayClient(
                target,
                http_url=http_url,
                use_grpc=self._use_grpc,
                signer=self._signer,
                telemetry=self._telemetry,
                timeout_s=self._timeout_s,
            ),
        )

    def terminus(
        self, url: str | None = None, key: str | None = None, cert_path: str | Path | None = None
    ) -> TerminusDBClient:
        """The legacy client of the store at that address; what is not given comes from the settings."""
        return self._one(
            ("terminus", url, key, cert_path),
            lambda: TerminusDBClient(
                url,
                key,
                cert_path,
                service=self._service,
                signer=self._signer,
                telemetry=self._telemetry,
                timeout_s=self._timeout_s,
            ),
        )

    def event_gateway(
        self, target: str = "event-gateway:50057", *, http_url: str | None = None, nats_url: str | None = None
    ) -> EventGatewayClient:
        """The client of the event gateway at that address, with JetStream at `nats_url` to fall back on."""
        return self._one(
            ("event-gateway", target, http_url, nats_url),
            lambda: EventGatewayClient(
                target,
                http_url=http_url,
                nats_url=nats_url,
                use_grpc=self._use_grpc,
                signer=self._signer,
                telemetry=self._telemetry,
            ),
        )

    def embedding(self, target: str = "embedding-service:50055", *, http_url: str | None = None) -> EmbeddingClient:
        """The client of the embedding service at that address (`http_url` where gRPC is off)."""
        return self._one(
            ("embedding", target, http_url),
            lambda: EmbeddingClient(
                target,
                http_url=http_url,
                use_grpc=self._use_grpc,
                signer=self._signer,
                telemetry=self._telemetry,
            ),
        )

    async def close(self) -> None:
        """Close every client; the factory may make new ones afterwards."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.close()

    def install(self) -> None:
        """Make this the process's factory."""
        DatabaseClientFactory._of_process = self

    @classmethod
    def get_terminus_client(cls) -> TerminusDBClient:
        """The process's legacy client; makes a factory where none was installed."""
        if cls._of_process is None:
            cls("oms").install()
        return cast("DatabaseClientFactory", cls._of_process).terminus()

    @classmethod
    async def reset(cls) -> None:
        """Close the process's factory and forget it; for tests."""
        factory, cls._of_process = cls._of_process, None
        if factory is not None:
            await factory.close()

    def _one(self, key: Hashable, make: Callable[[], _Client]) -> _Client:
        if key not in self._clients:
            self._clients[key] = make()
        return cast("_Client", self._clients[key])
