"""Saving indexes behind the questions that made them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

from data_kernel.adapters.embedded.documents.kept_indexes import KeptIndexes
from data_kernel.adapters.embedded.documents.property_index import Index, IndexedProperty
from data_kernel.adapters.embedded.documents.saved_indexes import SAVED_AGAIN_AFTER, Saving
from data_kernel.adapters.embedded.metrics import StoreMetrics
from data_kernel.adapters.embedded.threads.writer import Writer
from shared.errors import OmsError

_logger = structlog.get_logger(__name__)


class IndexSaver:
    """Saves one index after the other; nobody waits for it, and a failure costs work after a restart alone.

    What could not be saved is tried again when the index has followed another change.
    """

    def __init__(self, writer: Writer, kept: KeptIndexes, metrics: StoreMetrics) -> None:
        self._writer = writer
        self._kept = kept
        self._metrics = metrics
        self._tasks: dict[IndexedProperty, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        self._is_closed = False

    def begin(self, of: IndexedProperty, index: Index) -> None:
        """Save the index where it lies far enough from what is saved; one of a property at a time."""
        is_due = index.distance is None or index.distance >= SAVED_AGAIN_AFTER
        if is_due and of not in self._tasks and not self._is_closed:
            self._tasks[of] = task = asyncio.create_task(self._save(of, index))
            task.add_done_callback(lambda _: self._tasks.pop(of))

    @asynccontextmanager
    async def nodes_at_rest(self) -> AsyncGenerator[None, None]:
        """A time in which no index is saved, and before which all in memory are forgotten: nodes may be taken then."""
        async with self._turn:
            self._kept.clear()
            yield

    async def close(self) -> None:
        """Begin no more, and finish what was begun."""
        self._is_closed = True
        await asyncio.gather(*self._tasks.values())

    async def _save(self, of: IndexedProperty, index: Index) -> None:
        try:
            saved = await self._in_turn(of, index)
        except OmsError as error:
            _logger.warning("store_index_not_saved", reason=error.detail)
            self._metrics.index_not_saved()
            return
        if saved is not None:
            # Also in the place of a newer one, which is made of nodes that are in memory alone.
            self._kept.keep(of, saved)
            self._metrics.index_saved()

    async def _in_turn(self, of: IndexedProperty, index: Index) -> Index | None:
        async with self._turn:
            if index.origin.generation != self._kept.generation:  # what it shares with a saved one may be gone
                return None
            saving = Saving(of, index)
            while await self._writer.alone(saving.go_on):
                pass
            return saving.saved
