"""The cache over Redis when Redis is not there; with it: the integration tests."""

import time

import numpy as np
import pytest
from embedding_testing.fakes import CARD, DIMS, FakeMeter

from embedding_service.adapters.redis_cache import RedisVectorCache
from shared.background import background
from shared.errors import Unavailable


@pytest.fixture
async def away():
    meter = FakeMeter()
    cache = RedisVectorCache("redis://127.0.0.1:1/5", CARD, meter, ttl_s=60)
    async with background("cache", cache.run()):
        yield cache, meter
    await cache.close()


async def test_without_redis_nothing_is_found_and_it_is_asked_rarely(away):
    cache, meter = away
    began = time.monotonic()

    for _ in range(50):
        assert await cache.get(["a", "b"]) == {}
        cache.put({"a": np.ones(DIMS, np.float32)})

    assert meter.told["cache get failed"] == 1
    assert time.monotonic() - began < 1
    with pytest.raises(Unavailable):
        await cache.ping()


async def test_what_waits_to_be_written_is_bounded(away):
    cache, _ = away
    cache.put({str(number): np.ones(DIMS, np.float32) for number in range(10_000)})
    assert len(cache._waiting) == 4096
