"""Garbage collection in a kernel that serves: from time to time by itself, and when an operator asks for it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from typing import Protocol

import structlog

from data_kernel.application.addressing import Addresses
from data_kernel.application.governance.operators import require_operator
from data_kernel.application.ports import DocumentStore
from data_kernel.domain.retention import Collected, Retention
from shared.context import CallContext
from shared.errors import OmsError
from shared.grpc.metadata import merge_field

_log = structlog.get_logger(__name__)


class CollectingMetrics(Protocol):
    """Where it is counted what collections took out."""

    def collected(self, commits: int, size_bytes: int) -> None:
        """So many commits and bytes went."""


def retention_of(unattached_days: float, horizons_days: Mapping[str, float]) -> Retention:
    """How long commits are kept, by settings in days."""
    horizons = tuple((pattern, timedelta(days=days)) for pattern, days in horizons_days.items())
    return Retention(timedelta(days=unattached_days), horizons)


class Collecting:
    """The use case. A collection that ends anywhere has done no harm: the next one takes what it left."""

    def __init__(
        self, store: DocumentStore, addresses: Addresses, retention: Retention, metrics: CollectingMetrics
    ) -> None:
        self._store = store
        self._addresses = addresses
        self._retention = retention
        self._metrics = metrics

    async def collect(
        self, database: str, context: CallContext, *, dry_run: bool
    ) -> AsyncGenerator[tuple[str, Collected], None]:
        """What went from each database, or would go, told when it has; an empty name stands for all of them.

        Errors: `Forbidden` for all but admins, `NotFound`, `Unavailable` where the disk refuses.
        """
        require_operator(context, "garbage collection")
        named = merge_field("database", database, context.database)
        names = [(await self._addresses.database(named, context)).name] if named else await self._all()
        for name in names:
            yield name, await self._collect(name, dry_run=dry_run)

    async def run(self, interval_s: float) -> None:
        """Collect in all databases, again and again, each time `interval_s` after the end of the last."""
        while True:
            await asyncio.sleep(interval_s)
            for name in await self._all():
                await self._collect_or_tell(name)

    async def _collect_or_tell(self, name: str) -> None:
        try:
            collected = await self._collect(name, dry_run=False)
        except OmsError as error:  # a full disk, or a database that was deleted meanwhile: the next round tries again
            _log.warning("collection_failed", database=name, reason=error.reason.value)
        else:
            _log.info("collected", database=name, commits=collected.commits, size_bytes=collected.size_bytes)

    async def _collect(self, name: str, *, dry_run: bool) -> Collected:
        collected = await self._store.collect(name, self._retention, dry_run=dry_run)
        if not dry_run:
            self._metrics.collected(collected.commits, collected.size_bytes)
        return collected

    async def _all(self) -> list[str]:
        return [database.name for database in await self._store.list_databases()]
