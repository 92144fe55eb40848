"""Vectors to neighbours."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedding_service.application.collections import Collections
from embedding_service.application.embedding import Embedding
from embedding_service.application.keeping import MAX_COMMIT, Item, Keeping, Outcome
from embedding_service.application.metrics import Meter
from embedding_service.domain.collections import OBJECTS, Hit, check_collection, check_entry_id
from embedding_service.domain.vectors import Matrix, Vector, unit
from shared.errors import Conflict, InvalidInput, Unavailable

DEFAULT_TOP_K = 10
MAX_TOP_K = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks for; 0 hits mean 10, no types mean any."""

    collection: str = OBJECTS
    top_k: int = DEFAULT_TOP_K
    types: frozenset[str] = frozenset()


class Searching:
    """Compares texts and searches collections; the query's vector is always of the collections' model version."""

    def __init__(self, embedding: Embedding, collections: Collections, meter: Meter) -> None:
        self._embedding = embedding
        self._collections = collections
        self._meter = meter

    async def similarity(self, text: str, others: Sequence[str]) -> list[float]:
        """Cosine of a text with each of the others."""
        if not others:
            raise InvalidInput("texts: at least one to compare with", field="texts")
        one, *rest = await self._embedding.embed([text, *others])
        return [float(score) for score in np.clip(np.stack(rest) @ one, -1, 1)]

    async def by_text(self, text: str, wanted: Wanted) -> list[Hit]:
        """The nearest entries to a text."""
        top_k = _top_k(wanted.top_k)
        (query,) = await self._embedding.embed([text])
        return await self._search(query, wanted, top_k)

    async def by_vector(self, vectors: Matrix, wanted: Wanted) -> list[Hit]:
        """The nearest entries to one vector; InvalidInput where it is none of the model's."""
        dims = self._embedding.card.dims
        if vectors.shape != (1, dims) or not vectors.any():
            raise InvalidInput(f"vector: one of {dims} numbers that are not all 0", field="vector")
        return await self._search(unit(vectors)[0], wanted, _top_k(wanted.top_k))

    async def _search(self, query: Vector, wanted: Wanted, top_k: int) -> list[Hit]:
        began = time.monotonic()
        collection = wanted.collection or OBJECTS
        hits = await self._collections.search(collection, query, top_k, wanted.types)
        self._meter.searched(collection, time.monotonic() - began)
        return hits


def _top_k(asked: int) -> int:
    if not 0 <= asked <= MAX_TOP_K:
        raise InvalidInput(f"top_k: 1 to {MAX_TOP_K}, 0 for {DEFAULT_TOP_K}", field="top_k")
    return asked or DEFAULT_TOP_K


class Upserting:
    """Changes the collections that callers keep."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping

    async def upsert(self, collection: str, entries: Sequence[Item], delete_ids: Sequence[str]) -> Outcome:
        """Insert, replace and delete entries; InvalidInput, Unavailable where another process writes too."""
        check_collection(collection)
        items = [*entries, *(Item(each, "", "") for each in delete_ids)]
        if not items or max(len(entries), len(delete_ids)) > MAX_COMMIT:
            raise InvalidInput(f"entries: 1 to {MAX_COMMIT} of them, and as many ids to delete", field="entries")
        if len({check_entry_id(item.id) for item in items}) < len(items):
            raise InvalidInput("entries: an id is there twice", field="entries")
        if any(not entry.text.strip() for entry in entries):
            raise InvalidInput("entries: a text is blank", field="entries")
        try:
            return await self._keeping.apply(collection, items)
        except Conflict as error:
            raise Unavailable("another process has written to the branch; try again", retry_after_s=1) from error
