"""The wiring of the scheduler's API role: settings → adapters → use cases → REST and gRPC, and leading beside them.

`python -m scheduler_service.main` runs it, and `uvicorn scheduler_service.main:app` does the same under another's
command line. The tasks themselves run in workers (`scheduler_service.worker`).
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from scheduler_service.adapters.clock import SystemClock
from scheduler_service.adapters.connections import Connections, connect
from scheduler_service.adapters.metrics import PrometheusMeter
from scheduler_service.adapters.redis_leadership import RedisLeadership
from scheduler_service.adapters.redis_schedule import RedisSchedule
from scheduler_service.api.grpc.servicer import SchedulerServicer
from scheduler_service.api.rest import routers
from scheduler_service.application.dispatching import Dispatching
from scheduler_service.application.executions import Executions
from scheduler_service.application.jobs import Jobs
from scheduler_service.application.leading import Leading
from scheduler_service.application.rebuilding import Rebuilding
from scheduler_service.application.scheduler import Scheduler
from scheduler_service.settings import SchedulerSettings
from shared.background import background
from shared.errors import OmsError, Unavailable
from shared.grpc.generated.scheduler.v1.scheduler_pb2_grpc import add_SchedulerServiceServicer_to_server
from shared.grpc.server import GrpcServer, Registration
from shared.http import Dependency, Health, build_app
from shared.http.serve import serve
from shared.security import build_authenticator
from shared.settings import load
from shared.telemetry import configure

if TYPE_CHECKING:
    from fastapi import FastAPI

GRPC_SERVICE = "scheduler.v1.SchedulerService"
_PREPARE_PAUSE_S = 0.5


class Process:
    """What one running scheduler consists of: opened by `open`, closed in the reverse order when its block ends."""

    def __init__(self, settings: SchedulerSettings) -> None:
        self.settings = settings
        self.telemetry = configure(settings)
        self.authenticator = build_authenticator(settings)
        self.clock = SystemClock()
        self.is_prepared = False
        self._connections: Connections | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Scheduler]:
        """Connect, lead or stand by in the background, and serve gRPC if it is wanted."""
        settings = self.settings
        async with AsyncExitStack() as stack:
            stack.callback(self.telemetry.shutdown)
            self._connections = connections = await stack.enter_async_context(connect(settings, self.telemetry))
            schedule = RedisSchedule(connections.redis, connections.keys)
            holder = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
            leadership = RedisLeadership(
                connections.redis, connections.keys, holder, lease_s=settings.scheduler_lease_s
            )
            scheduler = self._scheduler(connections, schedule, leadership)
            leading = self._leading(connections, schedule, leadership)
            await stack.enter_async_context(background("leading", self._prepare_and_lead(connections, leading)))
            if settings.use_grpc:
                await self._serve_grpc(stack, scheduler)
            yield scheduler

    async def kernel_answers(self) -> None:
        """One round trip to the kernel; Unavailable until the classes are defined there."""
        if self._connections is None or not self.is_prepared:
            raise Unavailable("the classes are not defined yet", retry_after_s=1)
        await self._connections.repository.ping()

    async def redis_answers(self) -> None:
        """One round trip to Redis."""
        if self._connections is None:
            raise Unavailable("redis is not connected yet", retry_after_s=1)
        await self._connections.redis.ping()

    async def _prepare_and_lead(self, connections: Connections, leading: Leading) -> None:
        """Define the classes as soon as the kernel is there, and lead from then on."""
        while not self.is_prepared:
            try:
                await connections.repository.prepare()
                self.is_prepared = True
            except OmsError as error:
                structlog.get_logger(__name__).warning("classes_not_defined", reason=error.reason.value)
                await asyncio.sleep(_PREPARE_PAUSE_S)
        await leading.run()

    def _scheduler(self, connections: Connections, schedule: RedisSchedule, leadership: RedisLeadership) -> Scheduler:
        repository = connections.repository
        allow_private = self.settings.scheduler_allow_private_targets
        return Scheduler(
            jobs=Jobs(repository, schedule, self.clock, allow_private=allow_private),
            executions=Executions(repository, connections.queue, self.clock),
            workers=connections.workers,
            leadership=leadership,
            clock=self.clock,
        )

    def _leading(self, connections: Connections, schedule: RedisSchedule, leadership: RedisLeadership) -> Leading:
        repository, queue, settings = connections.repository, connections.queue, self.settings
        meter = PrometheusMeter(self.telemetry.registry)
        retention = timedelta(days=settings.scheduler_retention_days)
        return Leading(
            leadership=leadership,
            dispatching=Dispatching(repository, schedule, queue, self.clock, meter, self.telemetry.tracer),
            rebuilding=Rebuilding(repository, schedule, queue, self.clock, retention=retention),
            queue=queue,
            workers=connections.workers,
            clock=self.clock,
            meter=meter,
            lease_s=settings.scheduler_lease_s,
            resync_s=settings.scheduler_resync_s,
        )

    async def _serve_grpc(self, stack: AsyncExitStack, scheduler: Scheduler) -> None:
        server = GrpcServer(
            settings=self.settings,
            authenticator=self.authenticator,
            registrations=[
                Registration(add_SchedulerServiceServicer_to_server, SchedulerServicer(scheduler), GRPC_SERVICE)
            ],
            telemetry=self.telemetry,
        )
        await server.start()
        stack.push_async_callback(server.stop, self.settings.grpc_grace_s)


def build(settings: SchedulerSettings) -> "FastAPI":
    """The scheduler's API as an ASGI application, whose lifespan leads and serves gRPC."""
    process = Process(settings)

    @asynccontextmanager
    async def lifespan(_: "FastAPI") -> AsyncIterator[dict[str, object]]:
        async with process.open() as scheduler:
            yield {"scheduler": scheduler}

    return build_app(
        title="scheduler-service",
        settings=settings,
        authenticator=process.authenticator,
        health=Health(
            settings.service_name,
            {
                "data-kernel": Dependency(process.kernel_answers, required=True),
                "redis": Dependency(process.redis_answers, required=False),
            },
            process.redis_answers,
        ),
        lifespan=lifespan,
        routers=routers(),
        telemetry=process.telemetry,
    )


def __getattr__(name: str) -> object:
    """`app` for servers that are given `scheduler_service.main:app`, built on demand: an import does nothing."""
    if name == "app":
        return build(load(SchedulerSettings))
    raise AttributeError(name)


def main() -> None:
    """Run the API in the foreground until it is told to stop."""
    settings = load(SchedulerSettings)
    serve(build(settings), settings)


if __name__ == "__main__":
    main()
