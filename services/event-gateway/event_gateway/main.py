"""The wiring of the gateway: settings → adapters → use cases → REST and gRPC in one process and one event loop.

`python -m event_gateway.main` runs it, and `uvicorn event_gateway.main:app` does the same under another's command
line. This is the only place that knows which adapter stands behind which port.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog

from event_gateway.adapters.connection import NatsConnection
from event_gateway.adapters.jetstream import JetStreamBroker
from event_gateway.adapters.metrics import PrometheusMeter
from event_gateway.adapters.spool.sqlite import SqliteSpool
from event_gateway.api.grpc.servicer import EventGatewayServicer
from event_gateway.api.rest.events import events_router
from event_gateway.application.publishing import Publishing
from event_gateway.application.spooling import Draining
from event_gateway.application.subscribing import Subscribing
from event_gateway.settings import EventGatewaySettings
from shared.errors import Unavailable
from shared.grpc.generated.event_gateway.v1.event_gateway_pb2_grpc import add_EventGatewayServiceServicer_to_server
from shared.grpc.server import GrpcServer, Registration
from shared.http import Dependency, Health, build_app
from shared.http.serve import serve
from shared.security import build_authenticator
from shared.settings import load
from shared.telemetry import configure

if TYPE_CHECKING:
    from fastapi import FastAPI

GRPC_SERVICE = "event_gateway.v1.EventGatewayService"


class Process:
    """What one running gateway consists of: opened by `open`, closed in the reverse order when its block ends."""

    def __init__(self, settings: EventGatewaySettings) -> None:
        self.settings = settings
        self.telemetry = configure(settings)
        self.authenticator = build_authenticator(settings)
        self.connection = NatsConnection(
            settings.nats_url, settings.event_stream, name=settings.service_name, timeout_s=settings.nats_timeout_s
        )
        self.broker = JetStreamBroker(self.connection, self.telemetry.tracer, timeout_s=settings.nats_timeout_s)
        self._spool: SqliteSpool | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Publishing]:
        """Open the spool, connect in the background, drain, and serve gRPC if it is wanted."""
        async with AsyncExitStack() as stack:
            self._spool = spool = await self._open_spool(stack)
            meter = PrometheusMeter(self.telemetry.registry, spool)
            publishing = Publishing(self.broker, spool, meter)
            subscribing = Subscribing(self.broker, meter)
            guard_after_s = self.settings.event_stream.duplicate_window_s / 2
            draining = Draining(self.broker, spool, meter, guard_after_s=guard_after_s)
            _run(stack, "connection", self.connection.run())
            _run(stack, "draining", draining.run())
            if self.settings.use_grpc:
                await self._serve_grpc(stack, publishing, subscribing)
            yield publishing

    async def check_spool(self) -> None:
        """One durable write; Unavailable before the spool is open."""
        if self._spool is None:
            raise Unavailable("the spool is not open yet", retry_after_s=1)
        await self._spool.probe()

    async def _open_spool(self, stack: AsyncExitStack) -> SqliteSpool:
        settings = self.settings
        spool = SqliteSpool(
            settings.spool_file, max_events=settings.spool_max_events, max_bytes=settings.spool_max_bytes
        )
        stack.push_async_callback(spool.close)
        await spool.load()
        return spool

    async def _serve_grpc(self, stack: AsyncExitStack, publishing: Publishing, subscribing: Subscribing) -> None:
        servicer = EventGatewayServicer(publishing, subscribing, max_event_bytes=self.settings.limits.event_bytes)
        server = GrpcServer(
            settings=self.settings,
            authenticator=self.authenticator,
            registrations=[Registration(add_EventGatewayServiceServicer_to_server, servicer, GRPC_SERVICE)],
            telemetry=self.telemetry,
        )
        await server.start()
        stack.push_async_callback(server.stop, self.settings.grpc_grace_s)
        stack.callback(subscribing.stop)


def _run(stack: AsyncExitStack, name: str, work: Coroutine[Any, Any, None]) -> None:
    """Run in the background until the stack ends. A task that fails takes the process with it: one that no longer
    drains its spool must not look well.
    """
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_stop_on_failure)

    async def end() -> None:
        task.cancel()
        await asyncio.wait((task,))

    stack.push_async_callback(end)


def _stop_on_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        structlog.get_logger(__name__).critical("background_task_failed", task=task.get_name(), exc_info=error)
        signal.raise_signal(signal.SIGTERM)


def build(settings: EventGatewaySettings) -> "FastAPI":
    """The gateway as an ASGI application, whose lifespan holds spool and connection open and serves gRPC."""
    process = Process(settings)

    @asynccontextmanager
    async def lifespan(_: "FastAPI") -> AsyncIterator[dict[str, Publishing]]:
        async with process.open() as publishing:
            yield {"publishing": publishing}
        process.telemetry.shutdown()

    return build_app(
        title="event-gateway",
        settings=settings,
        authenticator=process.authenticator,
        health=Health(
            settings.service_name,
            {
                "spool": Dependency(process.check_spool, required=True),
                "nats": Dependency(process.broker.probe, required=False),
            },
            process.broker.probe,
        ),
        lifespan=lifespan,
        routers=[events_router(max_event_bytes=settings.limits.event_bytes)],
        telemetry=process.telemetry,
    )


def __getattr__(name: str) -> object:
    """`app` for servers that are given `event_gateway.main:app`; built on demand, so that an import does nothing."""
    if name == "app":
        return build(load(EventGatewaySettings))
    raise AttributeError(name)


def main() -> None:
    """Run the gateway in the foreground until it is told to stop."""
    settings = load(EventGatewaySettings)
    serve(build(settings), settings)


if __name__ == "__main__":
    main()
