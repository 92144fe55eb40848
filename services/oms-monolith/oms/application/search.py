"""Semantic search over the ontology's objects."""

import asyncio
from dataclasses import dataclass

from oms.application.ports import DatabaseForCall, SearchForCall
from shared.canonical import Json
from shared.errors import NotFound

_READS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class FoundObject:
    """One hit: cosine with the query, and the object where it was asked for and is still there."""

    id: str
    type: str
    score: float
    object: Json = None


class Search:
    """Finds objects by what their searchable texts mean."""

    def __init__(self, search: SearchForCall, database: DatabaseForCall) -> None:
        self._search = search
        self._database = database

    async def find(self, query: str, type_name: str | None, limit: int, *, with_objects: bool) -> list[FoundObject]:
        """At most `limit` objects, the nearest first; Unavailable where nothing can search now."""
        neighbours = await self._search().search(query, top_k=limit, types=[type_name] if type_name else [])
        found = [FoundObject(each.id, each.type, each.score) for each in neighbours.hits]
        return await self._read(found) if with_objects else found

    async def _read(self, found: list[FoundObject]) -> list[FoundObject]:
        turns = asyncio.Semaphore(_READS_AT_ONCE)

        async def one(each: FoundObject) -> FoundObject:
            async with turns:
                try:
                    stored = await self._database().get_document(each.id)
                except NotFound:
                    # Deleted since it was embedded: the hit stands, without its object.
                    return each
            return FoundObject(each.id, each.type, each.score, stored)

        return list(await asyncio.gather(*(one(each) for each in found)))
