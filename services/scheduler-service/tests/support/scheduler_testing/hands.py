"""The leader's and the worker's parts in this process, over a real kernel and Redis, with a clock that tests turn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scheduler_service.adapters.connections import Connections, connect
from scheduler_service.adapters.metrics import PrometheusMeter
from scheduler_service.adapters.redis_leadership import RedisLeadership
from scheduler_service.adapters.redis_schedule import RedisSchedule
from scheduler_service.application.dispatching import Dispatching
from scheduler_service.application.jobs import Jobs
from scheduler_service.application.ports import Lease
from scheduler_service.application.rebuilding import Rebuilding
from scheduler_service.domain.executions import Execution
from scheduler_service.settings import SchedulerSettings
from scheduler_testing.scheduling import Scheduling
from shared.telemetry import Telemetry


class TurnedClock:
    def __init__(self) -> None:
        self.at = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.turn(seconds)

    def turn(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Hands:
    """One would-be leader's parts."""

    clock: TurnedClock
    connections: Connections
    schedule: RedisSchedule
    leadership: RedisLeadership
    dispatching: Dispatching
    rebuilding: Rebuilding
    jobs: Jobs

    async def lead(self) -> Lease:
        lease = await self.leadership.acquire()
        assert lease is not None
        await self.rebuilding.run()
        return lease

    async def create(self, job_id: str, **spec: Any) -> None:
        task = {"type": "event", "event_type": "test.fired"}
        await self.jobs.create({"id": job_id, "name": job_id, "task": task, **spec})

    async def executions(self, job_id: str) -> list[Execution]:
        return [each async for each in self.connections.repository.executions() if each.job_id == job_id]


@asynccontextmanager
async def hands(platform: Scheduling, *, holder: str, clock: TurnedClock) -> AsyncIterator[Hands]:
    """Parts that share what the platform's Redis and kernel hold with others of the kind."""
    settings = SchedulerSettings(
        env="dev",
        jwt_secret_file=platform.home.jwt_secret,
        service_key_file=platform.home.keys / "scheduler.key.pem",
        service_public_keys=platform.home.public_keys,
        data_kernel_grpc_address=platform.kernel_grpc,
        redis_url=f"{platform.redis_url}/6",
    )
    telemetry = Telemetry.off("scheduler")
    async with connect(settings, telemetry) as connections:
        repository, queue = connections.repository, connections.queue
        await repository.prepare()
        schedule = RedisSchedule(connections.redis, connections.keys)
        meter = PrometheusMeter(telemetry.registry)
        yield Hands(
            clock=clock,
            connections=connections,
            schedule=schedule,
            leadership=RedisLeadership(connections.redis, connections.keys, holder, lease_s=60),
            dispatching=Dispatching(repository, schedule, queue, clock, meter, telemetry.tracer),
            rebuilding=Rebuilding(repository, schedule, queue, clock, retention=timedelta(days=1)),
            jobs=Jobs(repository, schedule, clock, allow_private=False),
        )
