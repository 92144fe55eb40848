"""Takes turns per lane."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """One holder per lane at a time, first come, first served; lanes that nobody waits for take no memory."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, lane: str) -> AsyncIterator[None]:
        """Hold the lane within the block."""
        lock, users = self._locks.get(lane, (asyncio.Lock(), 0))
        self._locks[lane] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            _, users = self._locks[lane]
            if users == 1:
                del self._locks[lane]
            else:
                self._locks[lane] = (lock, users - 1)

    def __len__(self) -> int:
        return len(self._locks)
