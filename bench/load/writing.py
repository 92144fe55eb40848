"""A store of its own to write into, by no road but the store's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.rows.documents import BRANCH
from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.planning import Planners
from data_kernel.application.ports import Planner, WriteRequest
from data_kernel.application.schemas import SchemaCache
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database
from shared.canonical import Json

_WHO = Attribution("alice@bench", "alice@bench", "bench", "RPC", "/bench", "bench")


class Writing:
    """Writes onto one branch of a new store, each write a commit."""

    def __init__(self, store: EmbeddedStore, database: Database) -> None:
        self._store = store
        self._database = database
        self._planners = Planners(database, SchemaCache())

    async def insert(self, documents: list[Json]) -> None:
        """New documents, held to their classes."""
        await self.plan(self._planners.insert(documents))

    async def plan(self, planner: Planner) -> None:
        """Whatever the planner plans, on the writer's thread."""
        await self._store.write(WriteRequest(self._database.name, BRANCH, _WHO, planner, create_branch=True))

    async def define(self, classes: list[Json]) -> None:
        """Make the database and its classes."""
        await self._store.create_database(self._database)
        await self.plan(self._planners.put_schema(classes))


@asynccontextmanager
async def writing(file: Path, classes: list[Json]) -> AsyncIterator[Writing]:
    """A new store with these classes, for the time of the block."""
    store = await EmbeddedStore.open(file)
    try:
        into = Writing(store, Database("oms"))
        await into.define(classes)
        yield into
    finally:
        await store.close()
