"""Redis, single or behind Sentinel, with the platform's errors. Needs the package `redis`."""

from collections.abc import Awaitable
from typing import Any, TypeVar, cast

from redis.asyncio import Redis, Sentinel
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from shared.canonical import decode, encode
from shared.errors import Unavailable

_Answer = TypeVar("_Answer")
_RETRY_AFTER_S = 1.0
_DEFAULT_SENTINEL_PORT = 26_379


class RedisHAClient:
    """A connection pool to one Redis at `url`, or to whichever Redis the Sentinels name as the master.

    `sentinels` is `host:port,host:port`; with it `master` is the name that they know. No call takes longer than
    `timeout_s`, save those that wait on purpose; a connection that broke is opened anew once before a call fails.
    It is a `CacheDatabase` too, of JSON values.
    """

    def __init__(self, url: str, *, sentinels: str = "", master: str = "", timeout_s: float = 2.0) -> None:
        options: dict[str, Any] = {
            "socket_timeout": timeout_s,
            "socket_connect_timeout": timeout_s,
            "retry": Retry(NoBackoff(), 1),
        }
        self._watchers: Any = None
        if sentinels:
            addresses = [_address(each) for each in sentinels.split(",")]
            self._watchers = cast("Any", Sentinel)(addresses, sentinel_kwargs={"socket_timeout": timeout_s})
            self._redis: Any = self._watchers.master_for(master, **options)
        else:
            self._redis = Redis.from_url(url, **options)

    @property
    def redis(self) -> Any:
        """The client of redis-py, whose calls go through `ask`; untyped: its types mix in those of the other kind."""
        return self._redis

    async def ask(self, call: Awaitable[_Answer]) -> _Answer:
        """The answer of a call on `redis`; Unavailable where there is none, whatever the reason."""
        try:
            return await call
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable("redis does not answer", retry_after_s=_RETRY_AFTER_S) from error

    async def ping(self) -> None:
        """One round trip. Unavailable."""
        await self.ask(self._redis.ping())

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()
        for watcher in self._watchers.sentinels if self._watchers else ():
            await watcher.aclose()

    async def get(self, key: str) -> Any | None:
        """As `CacheDatabase.get`. Unavailable."""
        value = await self.ask(self._redis.get(key))
        return None if value is None else decode(value, field=key)

    async def set(self, key: str, value: Any, ttl: float | None = None) -> bool:
        """As `CacheDatabase.set`. Unavailable."""
        ttl_ms = None if ttl is None else max(1, round(ttl * 1000))
        return bool(await self.ask(self._redis.set(key, encode(value), px=ttl_ms)))

    async def delete(self, key: str) -> bool:
        """As `CacheDatabase.delete`. Unavailable."""
        return bool(await self.ask(self._redis.delete(key)))

    async def exists(self, key: str) -> bool:
        """As `CacheDatabase.exists`. Unavailable."""
        return bool(await self.ask(self._redis.exists(key)))


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.strip().rpartition(":")
    return (host, int(port)) if host else (text.strip(), _DEFAULT_SENTINEL_PORT)
