"""Hand-written stand-ins for the model, the cache and the kernel."""

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from embedding_service.application.ports import ModelCard, TokenizedText
from embedding_service.domain.collections import Place, StoredEntry
from embedding_service.domain.documents import cursor_document, entry_document, place_of, stored_entry
from embedding_service.domain.vectors import Matrix, Vector, unit
from shared.canonical import Json
from shared.database.interfaces import BranchMovement, ChangeKind, DocumentChange, WatchCursor
from shared.errors import Conflict, Gone, NotFound, OmsError

DIMS = 8
MAX_TOKENS = 16
CARD = ModelCard("fake", "fake@1", DIMS, MAX_TOKENS, "fake")


class FakeModel:
    """A vector from the hash of a text; one token a word. `gate` holds inference back while it is closed."""

    def __init__(self, version: str = CARD.version) -> None:
        self.card = ModelCard(CARD.name, version, DIMS, MAX_TOKENS, CARD.provider)
        self.batches: list[list[TokenizedText]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fails_with: Exception | None = None
        self.words: dict[int, str] = {}

    def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        return [self._tokens(text) for text in texts]

    def embed(self, texts: Sequence[TokenizedText]) -> Matrix:
        self.batches.append(list(texts))
        assert self.gate.wait(10), "the gate stayed closed"
        if self.fails_with is not None:
            raise self.fails_with
        return np.stack([_vector(self.card.version, text.ids) for text in texts])

    @property
    def embedded(self) -> Counter[str]:
        """How often each text was embedded."""
        return Counter(" ".join(self.words[word] for word in text.ids) for batch in self.batches for text in batch)

    def vector(self, text: str) -> Vector:
        return _vector(self.card.version, self._tokens(text).ids)

    def _tokens(self, text: str) -> TokenizedText:
        words = text.split()
        ids = [int.from_bytes(hashlib.sha256(word.encode()).digest()[:6], "big") for word in words]
        self.words.update(zip(ids, words, strict=True))
        return TokenizedText(ids[:MAX_TOKENS], len(ids) > MAX_TOKENS)


def _vector(version: str, ids: Sequence[int]) -> Vector:
    digest = hashlib.sha256(f"{version}{list(ids)}".encode()).digest()
    numbers = np.frombuffer(digest[: DIMS * 4], np.uint32).astype(np.float32) / 2**31 - 1
    return unit(numbers.reshape(1, -1))[0]


@dataclass
class FakeMeter:
    """Remembers what it was told."""

    told: Counter[str] = field(default_factory=Counter)
    sizes: dict[str, int] = field(default_factory=dict)

    def inferred(self, texts: int, tokens: int, seconds: float, waited_s: float) -> None:
        self.told["texts"] += texts

    def refused(self) -> None:
        self.told["refused"] += 1

    def looked_up(self, layer: str, hits: int, misses: int) -> None:
        self.told[f"{layer} hits"] += hits
        self.told[f"{layer} misses"] += misses

    def cache_failed(self, operation: str) -> None:
        self.told[f"cache {operation} failed"] += 1

    def followed(self, embedded: int, unchanged: int, deleted: int, seconds: float) -> None:
        self.told.update(embedded=embedded, unchanged=unchanged, deleted=deleted)

    def follow_failed(self, reason: str) -> None:
        self.told[f"failed {reason}"] += 1

    def skipped(self, reason: str) -> None:
        self.told[f"skipped {reason}"] += 1

    def searched(self, collection: str, seconds: float) -> None:
        self.told[f"searched {collection}"] += 1

    def sized(self, collection: str, entries: int) -> None:
        self.sizes[collection] = entries


class FakeCache:
    """A cache that is a dictionary."""

    def __init__(self) -> None:
        self.vectors: dict[str, Vector] = {}

    async def get(self, texts: Sequence[str]) -> dict[str, Vector]:
        await asyncio.sleep(0)
        return {text: self.vectors[text] for text in texts if text in self.vectors}

    def put(self, vectors: Mapping[str, Vector]) -> None:
        self.vectors.update(vectors)


class FakeStore:
    """The branch of the kernel: documents, and a head that another process may move.

    `faults` are raised one after another by the next writes, before they do anything.
    """

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Json] = {}
        self.place: Json = None
        self.commits: list[tuple[int, int, bool]] = []
        """Of each commit: entries written, entries deleted, whether the place was written."""
        self.faults: list[OmsError | None] = []
        self._head = 0
        self._seen = 0

    def written_by_another(self) -> None:
        self._head += 1

    async def open(self) -> Place:
        self._seen = self._head
        return place_of(self.place) if self.place else Place()

    async def load(self) -> AsyncGenerator[StoredEntry, None]:
        for document in list(self.entries.values()):
            yield stored_entry(document)

    async def is_current(self) -> bool:
        return self._seen == self._head

    async def write(self, entries: Sequence[StoredEntry], place: Place | None) -> None:
        self._begin()
        for stored in entries:
            self.entries[stored.entry.collection, stored.entry.id] = entry_document(stored)
        if place is not None:
            self.place = cursor_document(place)
        self.commits.append((len(entries), 0, place is not None))

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        self._begin()
        for each in ids:
            if (collection, each) not in self.entries:
                raise NotFound("there is no such document")
            del self.entries[collection, each]
        self.commits.append((0, len(ids), False))

    def _begin(self) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        if self._seen != self._head:
            raise Conflict("stale")
        self._head += 1
        self._seen = self._head


Objects = dict[str, dict[str, Json]]
Marks = dict[str, tuple[str, ...]]


class FakeSource:
    """A branch with objects, each state kept under the id of its commit; objects are `Type/key`."""

    def __init__(self) -> None:
        self.states: list[tuple[Objects, Marks]] = []
        self.forgotten: set[str] = set()
        self.lists = 0
        self._moved = asyncio.Event()

    @property
    def head(self) -> str:
        return f"c{len(self.states)}" if self.states else ""

    def commit(self, objects: Objects, marks: Marks) -> None:
        self.states.append(({name: dict(body) for name, body in objects.items()}, dict(marks)))
        self._moved.set()

    def restore(self, count: int) -> None:
        """Have the first states alone, as after a restore."""
        del self.states[count:]

    async def movements(self, place: Place) -> AsyncGenerator[BranchMovement, None]:
        number = place.number
        if number > len(self.states):
            raise Gone("since: the log does not reach there")
        while True:
            self._moved.clear()
            while number < len(self.states):
                number += 1
                old = f"c{number - 1}" if number > 1 else ""
                yield BranchMovement(WatchCursor(1, number), "commit", old, f"c{number}")
            await self._moved.wait()

    async def searchable(self, commit: str) -> Marks:
        return self._state(commit)[1]

    async def objects(self, type_name: str, commit: str) -> AsyncGenerator[Json, None]:
        self.lists += 1
        for name, body in sorted(self._state(commit)[0].items()):
            if name.startswith(f"{type_name}/"):
                yield {"@id": name, "@type": type_name, **body}

    async def changes(self, before: str, after: str) -> AsyncGenerator[DocumentChange, None]:
        if before in self.forgotten:
            raise NotFound("there is no such commit")
        old, new = self._state(before)[0], self._state(after)[0]
        for name in sorted(old | new):
            was, now = old.get(name), new.get(name)
            if was != now:
                kind = ChangeKind.CREATED if was is None else ChangeKind.DELETED if now is None else ChangeKind.UPDATED
                yield DocumentChange(name, name.partition("/")[0], kind, was, now)

    def _state(self, commit: str) -> tuple[Objects, Marks]:
        return self.states[int(commit.removeprefix("c")) - 1]
