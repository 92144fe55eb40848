"""Lets readers on the event loop wait until some branch has moved."""

import asyncio

from shared.errors import Unavailable


class Movement:
    """The newest ref update's sequence as far as readers may see it. Lives on the event loop."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._has_changed = asyncio.Event()
        self._is_closed = False

    @property
    def count(self) -> int:
        """The sequence."""
        return self._count

    def advance(self, count: int) -> None:
        """Wake all who wait for more than was there."""
        if count > self._count:
            self._count = count
            self._wake()

    def close(self) -> None:
        """Let go of all who wait."""
        self._is_closed = True
        self._wake()

    async def wait(self, seen: int) -> int:
        """The count once it exceeds `seen`; `Unavailable` once the store is closed."""
        while self._count <= seen:
            if self._is_closed:
                raise Unavailable("the store is closed")
            await self._has_changed.wait()
        return self._count

    def _wake(self) -> None:
        self._has_changed.set()
        self._has_changed = asyncio.Event()
