"""Vectors in Redis, shared by all instances; without Redis the service is slower and nothing else."""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from embedding_service.application.metrics import Meter
from embedding_service.application.ports import ModelCard
from embedding_service.domain.vectors import Vector, to_bytes
from shared.errors import Unavailable

_PREFIX = "oms:embedding"
_GET_TIMEOUT_S = 0.1
"""Somebody waits for it; longer than the inference of a text it is of no use."""
_TIMEOUT_S = 1.0
"""Of what nobody waits for."""
_REST_S = 2.0
_MAX_WAITING = 4096
_WRITE_TEXTS = 256
_Answer = TypeVar("_Answer")


class RedisVectorCache:
    """`VectorCache` over Redis: little-endian float32 under model version and hash of the text, for `ttl_s`.

    A look-up takes 0.1 s at most. After a failure Redis is left alone for 2 s; until then nothing is found and nothing
    kept. What is to be kept waits in a bounded queue for `run`.
    """

    def __init__(self, url: str, card: ModelCard, meter: Meter, *, ttl_s: float) -> None:
        self._redis: Any = Redis.from_url(
            url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
        self._card = card
        self._meter = meter
        self._ttl_s = round(ttl_s)
        self._back_at = 0.0
        self._waiting: deque[tuple[str, Vector]] = deque(maxlen=_MAX_WAITING)
        self._arrived = asyncio.Event()

    async def get(self, texts: Sequence[str]) -> dict[str, Vector]:
        """As `VectorCache.get`."""
        values = await self._ask("get", self._redis.mget([self._key(text) for text in texts]), _GET_TIMEOUT_S) or [
            None
        ] * len(texts)
        size = self._card.dims * 4
        found = {
            text: np.frombuffer(value, "<f4").astype(np.float32)
            for text, value in zip(texts, values, strict=True)
            if value is not None and len(value) == size
        }
        self._meter.looked_up("redis", len(found), len(texts) - len(found))
        return found

    def put(self, vectors: Mapping[str, Vector]) -> None:
        """As `VectorCache.put`."""
        self._waiting.extend(vectors.items())
        self._arrived.set()

    async def run(self) -> None:
        """Write what is to be kept, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._write([self._waiting.popleft() for _ in range(min(_WRITE_TEXTS, len(self._waiting)))])

    async def ping(self) -> None:
        """One round trip; Unavailable."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable("redis does not answer", retry_after_s=1) from error

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    async def _write(self, vectors: Sequence[tuple[str, Vector]]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for text, vector in vectors:
            pipeline.set(self._key(text), to_bytes(vector), ex=self._ttl_s)
        await self._ask("set", pipeline.execute(), _TIMEOUT_S)

    async def _ask(self, operation: str, call: Awaitable[_Answer], timeout_s: float) -> _Answer | None:
        if time.monotonic() < self._back_at:
            _discard(call)
            return None
        try:
            async with asyncio.timeout(timeout_s):
                return await call
        except (RedisError, OSError, TimeoutError):
            self._meter.cache_failed(operation)
            self._back_at = time.monotonic() + _REST_S
            return None

    def _key(self, text: str) -> str:
        return f"{_PREFIX}:{self._card.version}:{hashlib.sha256(text.encode()).hexdigest()}"


def _discard(call: Awaitable[object]) -> None:
    if asyncio.iscoroutine(call):
        call.close()
