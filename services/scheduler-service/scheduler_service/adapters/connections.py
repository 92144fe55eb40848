"""What both roles of the service connect to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from scheduler_service.adapters.kernel_repository import KernelRepository
from scheduler_service.adapters.redis_keys import Keys
from scheduler_service.adapters.redis_queue import RedisQueue
from scheduler_service.adapters.redis_workers import RedisWorkers
from scheduler_service.settings import SchedulerSettings
from shared.clients.terminus_gateway import TerminusGatewayClient
from shared.database.clients.redis_ha import RedisHAClient
from shared.security import build_signer
from shared.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Connections:
    """The kernel and Redis, and what of them both roles use."""

    repository: KernelRepository
    redis: RedisHAClient
    keys: Keys
    queue: RedisQueue
    workers: RedisWorkers


@asynccontextmanager
async def connect(settings: SchedulerSettings, telemetry: Telemetry) -> AsyncIterator[Connections]:
    """The connections, which are made when they are first used, until the block ends."""
    async with AsyncExitStack() as stack:
        kernel = TerminusGatewayClient(
            settings.data_kernel_grpc_address,
            http_url=settings.data_kernel_http_url,
            use_grpc=settings.use_grpc,
            signer=build_signer(settings),
            telemetry=telemetry,
        )
        stack.push_async_callback(kernel.close)
        redis = RedisHAClient(settings.redis_url, sentinels=settings.redis_sentinels, master=settings.redis_master)
        stack.push_async_callback(redis.close)
        keys = Keys(f"oms:scheduler:{settings.env}")
        lease_s = settings.scheduler_worker_lease_s
        yield Connections(
            repository=KernelRepository(
                kernel, database=settings.scheduler_database, branch=f"{settings.env}/{settings.service_name}/main"
            ),
            redis=redis,
            keys=keys,
            queue=RedisQueue(redis, keys, lease_s=lease_s),
            workers=RedisWorkers(redis, keys, lease_s=lease_s),
        )
