"""Streams that end when whoever reads them is done."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

_Item = TypeVar("_Item")


@asynccontextmanager
async def closing(source: AsyncIterator[_Item]) -> AsyncGenerator[AsyncIterator[_Item], None]:
    """The stream within the block; a generator is closed with it, so that what it reads from stops at once."""
    try:
        yield source
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()
