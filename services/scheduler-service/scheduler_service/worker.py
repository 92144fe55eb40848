"""The wiring of the scheduler's worker role: takes executions from the queue and does their tasks.

`python -m scheduler_service.worker run` runs one; any number may run. Its HTTP port answers probes and metrics.
"""

import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from scheduler_service.adapters.clock import SystemClock
from scheduler_service.adapters.connections import Connections, connect
from scheduler_service.adapters.event_task import EventPerformer
from scheduler_service.adapters.http_task import HttpPerformer
from scheduler_service.adapters.metrics import PrometheusMeter
from scheduler_service.application.ports import Performer, WorkerInfo
from scheduler_service.application.running import Running
from scheduler_service.application.working import Working
from scheduler_service.settings import WorkerSettings
from shared.background import background
from shared.clients.event_gateway import EventGatewayClient
from shared.errors import Unavailable
from shared.events.jetstream import JetStreamPublisher
from shared.flags.flags import Flags
from shared.http import Dependency, Health, build_app
from shared.http.serve import serve
from shared.security import build_authenticator, build_signer
from shared.settings import load
from shared.telemetry import configure

if TYPE_CHECKING:
    from fastapi import FastAPI

_USAGE = "usage: python -m scheduler_service.worker run"


class Process:
    """What one running worker consists of: opened by `open`, closed in the reverse order when its block ends."""

    def __init__(self, settings: WorkerSettings) -> None:
        self.settings = settings
        self.telemetry = configure(settings)
        self.clock = SystemClock()
        self._id = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._started_at = self.clock.now()
        self._connections: Connections | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Connect and work until the block ends; then drain."""
        async with AsyncExitStack() as stack:
            stack.callback(self.telemetry.shutdown)
            self._connections = connections = await stack.enter_async_context(connect(self.settings, self.telemetry))
            working = self._working(connections, self._performers(stack))
            await stack.enter_async_context(background("working", working.run()))
            stack.push_async_callback(working.stop)
            yield

    async def kernel_answers(self) -> None:
        """One round trip to the kernel."""
        await self._connected().repository.ping()

    async def redis_answers(self) -> None:
        """One round trip to Redis."""
        await self._connected().redis.ping()

    def _connected(self) -> Connections:
        if self._connections is None:
            raise Unavailable("nothing is connected yet", retry_after_s=1)
        return self._connections

    def _performers(self, stack: AsyncExitStack) -> dict[str, Performer]:
        settings, telemetry = self.settings, self.telemetry
        jetstream = JetStreamPublisher(settings.nats_url, name=settings.service_name, telemetry=telemetry)
        stack.push_async_callback(jetstream.close)
        gateway = EventGatewayClient(
            settings.event_gateway_grpc_address,
            http_url=settings.event_gateway_http_url,
            nats_url=settings.nats_url,
            use_grpc=settings.use_grpc,
            signer=build_signer(settings),
            telemetry=telemetry,
        )
        stack.push_async_callback(gateway.close)
        http = HttpPerformer(allow_private=settings.scheduler_allow_private_targets)
        stack.push_async_callback(http.close)
        source = f"urn:oms:{settings.env}:{settings.service_name}"
        event = EventPerformer(Flags.from_settings(settings, telemetry), gateway, jetstream, source=source)
        return {"http": http, "event": event}

    def _working(self, connections: Connections, performers: dict[str, Performer]) -> Working:
        settings = self.settings
        running = Running(
            repository=connections.repository,
            queue=connections.queue,
            performers=performers,
            clock=self.clock,
            meter=PrometheusMeter(self.telemetry.registry),
            tracer=self.telemetry.tracer,
            worker_id=self._id,
        )
        return Working(
            queue=connections.queue,
            workers=connections.workers,
            running=running,
            clock=self.clock,
            identity=self._identity,
            slots=settings.scheduler_worker_slots,
            lease_s=settings.scheduler_worker_lease_s,
            drain_s=settings.scheduler_worker_drain_s,
        )

    def _identity(self, now: datetime, running: tuple[str, ...]) -> WorkerInfo:
        return WorkerInfo(
            id=self._id,
            host=socket.gethostname(),
            pid=os.getpid(),
            slots=self.settings.scheduler_worker_slots,
            started_at=self._started_at,
            seen_at=now,
            running=running,
        )


def build(settings: WorkerSettings) -> "FastAPI":
    """The worker as an ASGI application with probes and metrics alone, whose lifespan works."""
    process = Process(settings)

    @asynccontextmanager
    async def lifespan(_: "FastAPI") -> AsyncIterator[None]:
        async with process.open():
            yield

    return build_app(
        title="scheduler-worker",
        settings=settings,
        authenticator=build_authenticator(settings),
        health=Health(
            "scheduler-worker",
            {
                "data-kernel": Dependency(process.kernel_answers, required=False),
                "redis": Dependency(process.redis_answers, required=True),
            },
            process.redis_answers,
        ),
        lifespan=lifespan,
        routers=[],
        telemetry=process.telemetry,
    )


def main() -> None:
    """Run a worker in the foreground until it is told to stop."""
    if sys.argv[1:] != ["run"]:
        sys.exit(_USAGE)
    settings = load(WorkerSettings)
    serve(build(settings), settings)


if __name__ == "__main__":
    main()
