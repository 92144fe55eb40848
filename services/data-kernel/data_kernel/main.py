"""The wiring of the data-kernel: settings → adapters → use cases → REST and gRPC in one process and one event loop.

`python -m data_kernel.main` runs it, and `uvicorn data_kernel.main:app` does the same under another's command line.
This is the only place that knows which adapter stands behind which port.
"""

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from data_kernel.adapters.cached import CachedStore
from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.event_sink import FlaggedEventSink
from data_kernel.adapters.metrics import PrometheusMetrics
from data_kernel.api import terminusdb
from data_kernel.api.grpc.services import registrations
from data_kernel.api.rest import routers
from data_kernel.application.announcing import Announcer
from data_kernel.application.kernel import Kernel
from data_kernel.application.outbox import OutboxDesk
from data_kernel.application.relay import Relay
from data_kernel.application.relay_metrics import RelayMetrics
from data_kernel.settings import KernelSettings
from shared.background import background
from shared.clients.event_gateway import EventGatewayClient
from shared.errors import OmsError, Unavailable
from shared.events.jetstream import JetStreamPublisher
from shared.flags.flags import Flags
from shared.grpc.server import GrpcServer
from shared.http import Dependency, Health, build_app
from shared.http.serve import serve
from shared.security import Authenticator, BasicAccount, build_authenticator, build_signer
from shared.settings import load
from shared.telemetry import Telemetry, configure

if TYPE_CHECKING:
    from fastapi import FastAPI

_log = structlog.get_logger(__name__)

# A bulk load makes documents by the thousand and no cycles: with the interpreter's own 700 a seventh of its work is to
# look through what is alive.
_COLLECTED_EVERY = (10_000, 20, 20)


class Process:
    """What one running kernel consists of: opened by `open`, closed in the reverse order when its block ends."""

    def __init__(self, settings: KernelSettings) -> None:
        self.settings = settings
        self.telemetry: Telemetry = configure(settings)
        self.authenticator: Authenticator = build_authenticator(settings)
        self.metrics = PrometheusMetrics(self.telemetry.registry)
        self._kernel: Kernel | None = None
        self.outbox: OutboxDesk | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Kernel]:
        """Open the store, build the use cases over it and run what works in the background."""
        async with AsyncExitStack() as stack:
            stack.callback(self.telemetry.shutdown)
            store = await self._open_store()
            stack.push_async_callback(store.close)
            cached = CachedStore(
                store,
                self.telemetry.tracer,
                self.metrics,
                self.settings.store_timeout_s,
                self.settings.store_cache_bytes,
            )
            self._kernel = Kernel.build(cached, self.settings, self.metrics)
            await self._kernel.databases.prepare()
            await self._kernel.redactions.complete(self._kernel.databases.own_attribution())
            await stack.enter_async_context(self._announcing(store))
            if self.settings.gc_interval_s:
                collecting = self._kernel.collecting.run(self.settings.gc_interval_s)
                await stack.enter_async_context(background("collecting", collecting))
            yield self._kernel

    async def _open_store(self) -> EmbeddedStore:
        try:
            return await EmbeddedStore.open(
                self.settings.store_path, metrics=self.metrics, migrates=self.settings.store_migrates
            )
        except OmsError as error:
            _log.critical("store_not_opened", reason=error.reason.value, detail=error.detail)
            raise

    @asynccontextmanager
    async def _announcing(self, store: EmbeddedStore) -> AsyncIterator[None]:
        """Run the relay as long as the block runs."""
        settings, telemetry = self.settings, self.telemetry
        jetstream = JetStreamPublisher(settings.nats_url, name=settings.service_name, telemetry=telemetry)
        gateway = EventGatewayClient(
            settings.event_gateway_grpc_address,
            http_url=settings.event_gateway_http_url,
            nats_url=settings.nats_url,
            use_grpc=settings.use_grpc,
            signer=build_signer(settings),
            telemetry=telemetry,
        )
        relay = Relay(
            store,
            store.outbox,
            FlaggedEventSink(Flags.from_settings(settings, telemetry), gateway, jetstream),
            Announcer(store, f"urn:oms:{settings.env}:{settings.service_name}"),
            RelayMetrics(telemetry.registry),
            telemetry.tracer,
        )
        self.outbox = OutboxDesk(store.outbox, relay)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(jetstream.close)
            stack.push_async_callback(gateway.close)
            await stack.enter_async_context(background("relay", relay.run()))
            yield

    @asynccontextmanager
    async def grpc(self, kernel: Kernel) -> AsyncIterator[GrpcServer]:
        """Serve gRPC as long as the block runs."""
        server = GrpcServer(
            settings=self.settings,
            authenticator=self.authenticator,
            registrations=registrations(kernel),
            telemetry=self.telemetry,
        )
        await server.start()
        try:
            yield server
        finally:
            await server.stop(self.settings.grpc_grace_s)

    async def ping(self) -> None:
        """One round trip to the store; `Unavailable` before it is open and whenever it does not answer."""
        if self._kernel is None:
            raise Unavailable("the store is not open yet", retry_after_s=1)
        await self._kernel.store.ping()


def build(settings: KernelSettings) -> "FastAPI":
    """The kernel as an ASGI application, whose lifespan holds the store open and serves gRPC."""
    process = Process(settings)

    @asynccontextmanager
    async def lifespan(_: "FastAPI") -> AsyncIterator[dict[str, object]]:
        async with AsyncExitStack() as stack:
            kernel = await stack.enter_async_context(process.open())
            if settings.use_grpc:
                await stack.enter_async_context(process.grpc(kernel))
            yield {"kernel": kernel, "outbox": process.outbox}

    return build_app(
        title="data-kernel",
        settings=settings,
        authenticator=process.authenticator,
        health=Health(settings.service_name, {"store": Dependency(process.ping, required=True)}, process.ping),
        lifespan=lifespan,
        routers=[*routers(), terminusdb.router()],
        telemetry=process.telemetry,
        error_renderers={terminusdb.PREFIX: terminusdb.render_error},
        open_paths=terminusdb.OPEN_PATHS,
        bare_user_prefixes=[terminusdb.PREFIX],
        accounts=_accounts(settings),
    )


def _accounts(settings: KernelSettings) -> dict[str, BasicAccount]:
    """The account of TerminusDB's clients, where there is one."""
    if settings.api_user is None or settings.api_password is None:
        return {}
    return {terminusdb.PREFIX: BasicAccount(settings.api_user, settings.api_password, settings.service_name)}


def __getattr__(name: str) -> object:
    """`app` for servers that are given `data_kernel.main:app`; built on demand, so that an import does nothing."""
    if name == "app":
        return build(load(KernelSettings))
    raise AttributeError(name)


def main() -> None:
    """Run the kernel in the foreground until it is told to stop."""
    settings = load(KernelSettings)
    app = build(settings)
    gc.set_threshold(*_COLLECTED_EVERY)
    gc.freeze()  # what was made so far stays as long as the process
    serve(app, settings)


if __name__ == "__main__":
    main()
