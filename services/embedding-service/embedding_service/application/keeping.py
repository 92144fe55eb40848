"""Keeps entries: on the branch first, then where they are searched. One writer at a time."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from embedding_service.application.collections import Collections
from embedding_service.application.embedding import Embedding
from embedding_service.application.ports import CollectionStore
from embedding_service.domain.collections import Entry, Place, StoredEntry, content_hash
from shared.errors import Conflict, Unavailable

MAX_COMMIT = 500
"""Vectors in one commit."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Item:
    """What an entry shall be made of; without a text it shall not be."""

    id: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many entries were embedded, had nothing new, and were deleted."""

    embedded: int = 0
    unchanged: int = 0
    deleted: int = 0

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.embedded + other.embedded, self.unchanged + other.unchanged, self.deleted + other.deleted)


class Keeping:
    """The use case behind every change of a collection."""

    def __init__(self, store: CollectionStore, collections: Collections, embedding: Embedding) -> None:
        self._store = store
        self._collections = collections
        self._embedding = embedding
        self._writing = asyncio.Lock()
        self._is_open = False

    @property
    def is_open(self) -> bool:
        """Whether the collections are those of the branch."""
        return self._is_open

    async def check(self) -> None:
        """Unavailable while the collections are not those of the branch."""
        if not self._is_open:
            raise Unavailable("the collections are being read from their branch", retry_after_s=1)

    async def is_current(self) -> bool:
        """Whether the collections are still those of the branch; asks the store."""
        async with self._writing:
            return self._is_open and await self._store.is_current()

    async def open(self) -> Place:
        """Read all collections from the branch; how far `objects` has come."""
        async with self._writing:
            self._is_open = False
            place = await self._store.open()
            async with aclosing(self._store.load()) as entries:
                stale = await self._collections.fill(entries, _tell)
            self._is_open = True
        _log.info("collections_loaded", entries=sum(self._collections.sizes.values()), stale=len(stale))
        await self._embed_anew(stale)
        return place

    async def apply(
        self,
        collection: str,
        items: Sequence[Item],
        *,
        commit: str = "",
        place: Place | None = None,
        is_place_due: bool = False,
    ) -> Outcome:
        """Bring a collection to what the items say, each id once among at most 500; with the place in the same commit.

        Only what changed is embedded and written; the place alone is only where it is due. `commit` is where the texts
        were read; without one the collection is the texts' only home, and they are kept. Unavailable where the
        collections are not open.
        """
        async with self._writing:
            await self.check()
            try:
                outcome, entries = await self._difference(collection, items, commit)
                if entries or (place is not None and (outcome.deleted or is_place_due)):
                    await self._store.write(entries, place)
                    await self._collections.put([stored.entry for stored in entries])
            except Conflict:
                # Another process wrote to the branch: what is in memory is no longer what is there.
                self._is_open = False
                raise
            return outcome

    async def _difference(
        self, collection: str, items: Sequence[Item], commit: str
    ) -> tuple[Outcome, list[StoredEntry]]:
        """Delete what shall not be; the entries that are new."""
        known = self._collections.known(collection)
        gone = [item.id for item in items if not item.text and item.id in known]
        hashes = {item.id: content_hash(item.text) for item in items if item.text}
        changed = [item for item in items if item.text and not self._is_kept(collection, item, hashes[item.id])]
        if gone:
            await self._store.delete(collection, gone)
            await self._collections.delete(collection, gone)
        entries = await self._entries(collection, changed, hashes, commit)
        return Outcome(len(changed), len(hashes) - len(changed), len(gone)), entries

    def _is_kept(self, collection: str, item: Item, digest: str) -> bool:
        known = self._collections.known(collection).get(item.id)
        return known is not None and known.is_current and (known.type, known.content_hash) == (item.type, digest)

    async def _entries(
        self, collection: str, items: Sequence[Item], hashes: dict[str, str], commit: str
    ) -> list[StoredEntry]:
        if not items:
            return []
        vectors = await self._embedding.embed([item.text for item in items])
        version = self._embedding.card.version
        return [
            StoredEntry(
                Entry(collection, item.id, item.type, vector, version, hashes[item.id], commit),
                "" if commit else item.text,
            )
            for item, vector in zip(items, vectors, strict=True)
        ]

    async def _embed_anew(self, stale: Sequence[StoredEntry]) -> None:
        """Entries of another model version whose text is known."""
        for name in sorted({stored.entry.collection for stored in stale}):
            own = [Item(each.entry.id, each.entry.type, each.text) for each in stale if each.entry.collection == name]
            for start in range(0, len(own), MAX_COMMIT):
                await self.apply(name, own[start : start + MAX_COMMIT])


def _tell(count: int) -> None:
    _log.info("collections_loading", entries=count)
