"""Garbage collection over the file that no kernel has."""

from pathlib import Path

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.collecting import Collected


async def collect(path: Path, database: str, *, dry_run: bool) -> list[tuple[str, Collected]]:
    """What went, or would go, by database; `Unavailable` while a kernel has the store."""
    store = await EmbeddedStore.open(path)
    try:
        names = [database] if database else [each.name for each in await store.list_databases()]
        return [(name, await store.collect(name, dry_run=dry_run)) for name in names]
    finally:
        await store.close()
