"""The collections as they are searched: the entries of the branch, in memory."""

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from embedding_service.application.metrics import Meter
from embedding_service.application.ports import VectorIndex
from embedding_service.domain.collections import OBJECTS, Entry, Hit, StoredEntry
from embedding_service.domain.vectors import Vector
from shared.errors import NotFound

_LOAD_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What an entry was made of."""

    type: str
    content_hash: str
    is_current: bool
    """Whether its vector is of the model version that is served; if not, it is not searched."""


@dataclass(slots=True)
class _Collection:
    index: VectorIndex
    known: dict[str, Known] = field(default_factory=dict)


class Collections:
    """Entries by collection and id, all searched vectors of one model version."""

    def __init__(self, model_version: str, new_index: Callable[[], VectorIndex], meter: Meter) -> None:
        self.model_version = model_version
        self._new_index = new_index
        self._meter = meter
        self._collections: dict[str, _Collection] = {OBJECTS: _Collection(new_index())}

    @property
    def sizes(self) -> dict[str, int]:
        """Searchable entries by collection, in order of name."""
        return {
            name: sum(entry.is_current for entry in each.known.values())
            for name, each in sorted(self._collections.items())
        }

    def known(self, collection: str) -> Mapping[str, Known]:
        """The entries of a collection; none where there is no such collection."""
        found = self._collections.get(collection)
        return found.known if found else {}

    async def fill(self, entries: AsyncIterable[StoredEntry], progress: Callable[[int], None]) -> list[StoredEntry]:
        """Take these entries for all there are; tells how many were read, now and then.

        Answers those of other model versions whose text is known, so that they can be embedded anew.
        """
        await self.clear()
        stale: list[StoredEntry] = []
        batch: list[Entry] = []
        count = 0
        async for stored in entries:
            count += 1
            batch.append(stored.entry)
            if stored.text and stored.entry.model_version != self.model_version:
                stale.append(stored)
            if len(batch) == _LOAD_ENTRIES:
                await self.put(batch)
                batch = []
                progress(count)
        await self.put(batch)
        progress(count)
        return stale

    async def put(self, entries: Sequence[Entry]) -> None:
        """Insert or replace entries."""
        for name in {entry.collection for entry in entries}:
            collection = self._collections.setdefault(name, _Collection(self._new_index()))
            own = [entry for entry in entries if entry.collection == name]
            for entry in own:
                is_current = entry.model_version == self.model_version
                collection.known[entry.id] = Known(entry.type, entry.content_hash, is_current)
            await collection.index.put([entry for entry in own if collection.known[entry.id].is_current])
            self._meter.sized(name, len(collection.known))

    async def delete(self, name: str, ids: Iterable[str]) -> None:
        """Forget entries."""
        collection = self._collections[name]
        gone = [each for each in ids if collection.known.pop(each, None)]
        await collection.index.delete(gone)
        self._meter.sized(name, len(collection.known))

    async def search(self, name: str, query: Vector, top_k: int, types: frozenset[str]) -> list[Hit]:
        """The nearest entries; NotFound where there is no such collection."""
        if name not in self._collections:
            raise NotFound(f"collection: there is none named {name!r}", field="collection")
        return await self._collections[name].index.search(query, top_k, types)

    async def clear(self) -> None:
        """Forget everything."""
        for name, collection in self._collections.items():
            collection.known.clear()
            await collection.index.clear()
            self._meter.sized(name, 0)
