"""Executions on their way: a Redis Stream with one consumer group, and a hash for what is known of each."""

from datetime import UTC, datetime
from typing import Any

from redis.exceptions import ResponseError

from scheduler_service.adapters import redis_queue_scripts as scripts
from scheduler_service.adapters.redis_keys import Keys
from scheduler_service.adapters.redis_schedule import to_ms
from scheduler_service.application.ports import Attempt, Delivery, Progress
from scheduler_service.domain.documents import execution_document, execution_of_document, moment_text
from scheduler_service.domain.executions import Execution, job_of
from shared.canonical import Json, decode, encode
from shared.database.clients.redis_ha import RedisHAClient
from shared.errors import Unavailable

GROUP = "workers"
_KEPT_S = 3600
_PROMOTED_AT_ONCE = 500


class RedisQueue:
    """`Queue` over Redis. A worker that has not said for `lease_s` that it goes on loses its deliveries to others."""

    def __init__(self, client: RedisHAClient, keys: Keys, *, lease_s: float) -> None:
        self._client = client
        self._redis = client.redis
        self._keys = keys
        self._lease_ms = round(lease_s * 1000)
        self._scripts = {name: self._redis.register_script(text) for name, text in scripts.ALL.items()}

    async def enqueue(self, execution: Execution) -> bool:
        """As `Queue.enqueue`."""
        payload = encode(execution_document(execution))
        return bool(await self._run("enqueue", execution.id, execution.id, payload))

    async def promote(self, now: datetime) -> int:
        """As `Queue.promote`."""
        return int(await self._run("promote", "", to_ms(now), _PROMOTED_AT_ONCE, self._keys.run_prefix))

    async def take(self, worker: str, count: int, wait_s: float) -> list[Delivery]:
        """As `Queue.take`."""
        try:
            claimed = await self._client.ask(
                self._redis.xautoclaim(self._keys.stream, GROUP, worker, self._lease_ms, count=count)
            )
            if entries := [entry for entry in claimed[1] if entry[1]]:
                return [_delivery(entry) for entry in entries]
            read = await self._client.ask(
                self._redis.xreadgroup(
                    GROUP, worker, {self._keys.stream: ">"}, count=count, block=max(1, round(wait_s * 1000))
                )
            )
        except Unavailable as error:
            if isinstance(error.__cause__, ResponseError) and "NOGROUP" in str(error.__cause__):
                await self._make_group()
                return []
            raise
        return [_delivery(entry) for _, entries in read or [] for entry in entries]

    async def start(self, delivery: Delivery, worker: str, at: datetime) -> Attempt | None:
        """As `Queue.start`."""
        answer = await self._owned("start", delivery, worker, moment_text(at))
        if not answer:
            return None
        number, payload, checkpoint, failures, cancelled = answer
        return Attempt(
            delivery=delivery,
            execution=execution_of_document(decode(payload, field="execution")),
            number=int(number),
            started_at=at,
            failures=int(failures or 0),
            checkpoint=decode(checkpoint, field="checkpoint") if checkpoint else None,
            is_cancelled=bool(cancelled),
        )

    async def keep(self, delivery: Delivery, worker: str) -> bool | None:
        """As `Queue.keep`."""
        answer = await self._owned("keep", delivery, worker)
        return None if answer < 0 else bool(answer)

    async def checkpoint(self, attempt: Attempt, state: Json) -> bool:
        """As `Queue.checkpoint`."""
        return bool(await self._run("checkpoint", attempt.execution.id, attempt.number, encode(state)))

    async def postpone(self, attempt: Attempt, until: datetime, failure: str) -> None:
        """As `Queue.postpone`."""
        receipt, execution_id = attempt.delivery.receipt, attempt.execution.id
        await self._run("postpone", execution_id, execution_id, receipt, attempt.number, to_ms(until), failure)

    async def give_back(self, attempt: Attempt) -> None:
        """As `Queue.give_back`."""
        receipt, execution_id = attempt.delivery.receipt, attempt.execution.id
        await self._run("give_back", execution_id, execution_id, receipt, attempt.number)

    async def settle(self, delivery: Delivery) -> None:
        """As `Queue.settle`."""
        await self._run("settle", delivery.execution_id, delivery.execution_id, delivery.receipt, _KEPT_S)

    async def progress(self, execution_id: str) -> Progress | None:
        """As `Queue.progress`."""
        names = ("state", "token", "worker", "started_at", "failure")
        state, token, worker, started_at, failure = await self._client.ask(
            self._redis.hmget(self._keys.run(execution_id), names)
        )
        if state is None:
            return None
        return Progress(
            state=state.decode(),
            attempts=int(token or 0),
            worker=(worker or b"").decode(),
            started_at=datetime.fromisoformat(started_at.decode()).astimezone(UTC) if started_at else None,
            last_failure=(failure or b"").decode(),
        )

    async def cancel(self, execution_id: str) -> bool | None:
        """As `Queue.cancel`."""
        answer = await self._run("cancel", execution_id, execution_id, _KEPT_S)
        return None if answer < 0 else bool(answer)

    async def active(self, job_id: str) -> list[str]:
        """As `Queue.active`."""
        members = await self._client.ask(self._redis.smembers(self._keys.active(job_id)))
        return sorted(member.decode() for member in members)

    async def forget_worker(self, worker: str) -> None:
        """As `Queue.forget_worker`."""
        await self._run("forget_worker", "", GROUP, worker)

    async def depth(self) -> int:
        """As `Queue.depth`."""
        return int(await self._client.ask(self._redis.xlen(self._keys.stream)))

    async def _make_group(self) -> None:
        try:
            await self._client.ask(self._redis.xgroup_create(self._keys.stream, GROUP, id="0", mkstream=True))
        except Unavailable as error:
            if not (isinstance(error.__cause__, ResponseError) and "BUSYGROUP" in str(error.__cause__)):
                raise

    async def _owned(self, name: str, delivery: Delivery, worker: str, *args: Any) -> Any:
        return await self._run(name, delivery.execution_id, GROUP, delivery.receipt, worker, *args)

    async def _run(self, name: str, execution_id: str, *args: Any) -> Any:
        """Run a script; the keys of all are: stream, the execution's hash, its job's set, those that wait."""
        keys = [
            self._keys.stream,
            self._keys.run(execution_id),
            self._keys.active(job_of(execution_id)),
            self._keys.waiting,
        ]
        return await self._client.ask(self._scripts[name](keys=keys, args=list(args)))


def _delivery(entry: Any) -> Delivery:
    receipt, fields = entry
    return Delivery(receipt.decode(), fields[b"id"].decode())
