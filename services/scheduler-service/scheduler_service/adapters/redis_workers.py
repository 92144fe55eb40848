"""Who works, in Redis."""

from datetime import datetime, timedelta
from typing import Any

from scheduler_service.adapters.redis_keys import Keys
from scheduler_service.application.ports import WorkerInfo
from scheduler_service.domain.documents import moment_text
from shared.canonical import decode, encode
from shared.database.clients.redis_ha import RedisHAClient

_REMEMBERED = timedelta(hours=1)


class RedisWorkers:
    """`Workers` in one hash; who has not been seen for `lease_s` counts as dead."""

    def __init__(self, client: RedisHAClient, keys: Keys, *, lease_s: float) -> None:
        self._client = client
        self._redis = client.redis
        self._key = keys.workers
        self._lease = timedelta(seconds=lease_s)

    async def beat(self, worker: WorkerInfo) -> None:
        """As `Workers.beat`."""
        told = encode(
            {
                "host": worker.host,
                "pid": worker.pid,
                "slots": worker.slots,
                "started_at": moment_text(worker.started_at),
                "seen_at": moment_text(worker.seen_at),
                "running": list(worker.running),
            }
        )
        await self._client.ask(self._redis.hset(self._key, worker.id, told))

    async def leave(self, worker_id: str) -> None:
        """As `Workers.leave`."""
        await self._client.ask(self._redis.hdel(self._key, worker_id))

    async def all(self, now: datetime) -> list[WorkerInfo]:
        """As `Workers.all`."""
        told = await self._client.ask(self._redis.hgetall(self._key))
        workers = [self._read(worker_id.decode(), text, now) for worker_id, text in told.items()]
        for gone in (worker for worker in workers if now - worker.seen_at > _REMEMBERED):
            await self.leave(gone.id)
        return sorted(
            (worker for worker in workers if now - worker.seen_at <= _REMEMBERED), key=lambda worker: worker.id
        )

    def _read(self, worker_id: str, text: bytes, now: datetime) -> WorkerInfo:
        told: Any = decode(text, field="worker")
        seen_at = datetime.fromisoformat(told["seen_at"])
        return WorkerInfo(
            id=worker_id,
            host=told["host"],
            pid=told["pid"],
            slots=told["slots"],
            started_at=datetime.fromisoformat(told["started_at"]),
            seen_at=seen_at,
            running=tuple(told["running"]),
            is_alive=now - seen_at <= self._lease,
        )
