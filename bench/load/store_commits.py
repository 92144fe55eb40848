"""Durable single-document commits straight into the embedded store, with the class checked:
`python -m bench.load.store_commits FOLDER SECONDS`."""

import asyncio
import sys
from itertools import count
from pathlib import Path

from bench.load.closed_loop import Load, closed_loop
from bench.rows.documents import BRANCH, CLASSES, document
from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.planning import Planners
from data_kernel.application.ports import Planner, WriteRequest
from data_kernel.application.schemas import SchemaCache
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database

WRITERS = 64


async def run(folder: Path, seconds: float) -> Load:
    """One run with 64 writers on one branch."""
    store = await EmbeddedStore.open(folder / "store.db")
    database = Database("oms")
    planners = Planners(database, SchemaCache())
    numbers = count()

    async def write(planner: Planner) -> None:
        who = Attribution("alice@bench", "alice@bench", "bench", "RPC", "/bench", "bench")
        await store.write(WriteRequest("oms", BRANCH, who, planner, create_branch=True))

    try:
        await store.create_database(database)
        await write(planners.put_schema(CLASSES))
        return await closed_loop(lambda: write(planners.insert([document(f"{next(numbers):012}")])), WRITERS, seconds)
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), float(sys.argv[2]))).print()
