"""The Redis client over a real Redis: one that comes and goes, and a pair behind a Sentinel."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from shared.database.clients.redis_ha import RedisHAClient
from shared.database.interfaces import CacheDatabase
from shared.errors import Unavailable

SERVER = str(Path(sys.executable).parent / "redis-server")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Redis:
    """A process on a port that it keeps."""

    def __init__(self, folder: Path, *arguments: str, config: str | None = None) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        folder.mkdir(parents=True)
        listen = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder)]
        if config is None:
            self._command = [SERVER, *listen, "--save", "", *arguments]
        else:
            (folder / "redis.conf").write_text(config)
            self._command = [SERVER, str(folder / "redis.conf"), *listen, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 15
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert time.monotonic() < end, "redis did not start"
            time.sleep(0.01)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    process = Redis(tmp_path / "redis")
    process.start()
    yield process
    process.kill()


async def test_it_is_a_cache_of_json(redis: Redis) -> None:
    client = RedisHAClient(redis.url)
    assert isinstance(client, CacheDatabase)
    assert await client.get("key") is None
    assert await client.set("key", {"a": [1, None, "ü"]})
    assert await client.get("key") == {"a": [1, None, "ü"]}
    assert await client.exists("key")
    assert await client.delete("key")
    assert not await client.delete("key")
    assert not await client.exists("key")
    await client.set("brief", 1, ttl=0.05)
    await _until(lambda: client.exists("brief"), wanted=False)
    await client.close()


async def test_away_it_says_so_and_back_it_works_again(redis: Redis) -> None:
    client = RedisHAClient(redis.url, timeout_s=0.5)
    await client.ping()
    redis.kill()
    with pytest.raises(Unavailable) as caught:
        await client.get("key")
    assert caught.value.retry_after_s == 1
    redis.start()
    await client.ping()
    await client.close()


async def test_behind_a_sentinel_it_follows_the_master(tmp_path: Path) -> None:
    first = Redis(tmp_path / "first")
    first.start()
    second = Redis(tmp_path / "second", "--replicaof", "127.0.0.1", str(first.port))
    second.start()
    config = (
        f"sentinel monitor jobs 127.0.0.1 {first.port} 1\n"
        "sentinel down-after-milliseconds jobs 500\nsentinel failover-timeout jobs 3000\n"
    )
    sentinel = Redis(tmp_path / "sentinel", "--sentinel", config=config)
    sentinel.start()
    client = RedisHAClient("", sentinels=f"127.0.0.1:{sentinel.port}", master="jobs", timeout_s=1)
    try:
        await client.set("kept", 1)
        await _until(lambda: _has_replica(sentinel.port), wanted=True)
        assert await client.redis.wait(1, 5000) == 1
        first.kill()
        await _until(lambda: _sets(client), wanted=True, timeout_s=60)
        assert await client.get("kept") == 1
    finally:
        await client.close()
        for process in (sentinel, second, first):
            process.kill()


async def _has_replica(port: int) -> bool:
    asking = RedisHAClient(f"redis://127.0.0.1:{port}")
    try:
        replicas = await asking.ask(asking.redis.execute_command("SENTINEL", "REPLICAS", "jobs"))
        return bool(replicas)
    finally:
        await asking.close()


async def _sets(client: RedisHAClient) -> bool:
    with suppress(Unavailable):
        return await client.set("after", 2)
    return False


async def _until(condition, *, wanted: bool, timeout_s: float = 20) -> None:
    end = asyncio.get_running_loop().time() + timeout_s
    while await condition() is not wanted:
        assert asyncio.get_running_loop().time() < end, "the condition did not come true in time"
        await asyncio.sleep(0.02)
