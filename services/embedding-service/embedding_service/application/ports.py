"""What the use cases need from the outside."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from embedding_service.domain.collections import Entry, Hit, Place, StoredEntry
from embedding_service.domain.vectors import Matrix, Vector
from shared.canonical import Json
from shared.database.interfaces import BranchMovement, DocumentChange


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """A text as the model reads it: the ids of its tokens, at most `max_tokens`, the special ones included.

    `is_cut` tells that the text had more.
    """

    ids: Sequence[int]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of a model; `version` depends on its weights, `provider` is what runs it."""

    name: str
    version: str
    dims: int
    max_tokens: int
    provider: str


class EmbeddingModel(Protocol):
    """One model. Its methods compute in the calling thread; one thread at a time may call `embed`."""

    @property
    def card(self) -> ModelCard:
        """What the model is."""

    def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """The tokens of each text. Several threads may call it."""

    def embed(self, texts: Sequence[TokenizedText]) -> Matrix:
        """One vector of length 1 a text, in their order; which texts stand beside it changes none by more than a hair
        (cosine ≥ 0.9999)."""


class VectorCache(Protocol):
    """Vectors by text; may forget, may be away, never raises."""

    async def get(self, texts: Sequence[str]) -> dict[str, Vector]:
        """The vectors that are known."""

    def put(self, vectors: Mapping[str, Vector]) -> None:
        """Keep these, when there is time."""


class VectorIndex(Protocol):
    """The entries of one collection with their vectors, all of one model version, in memory."""

    async def put(self, entries: Sequence[Entry]) -> None:
        """Insert or replace entries."""

    async def delete(self, ids: Sequence[str]) -> None:
        """Forget entries; unknown ids are passed over."""

    async def search(self, query: Vector, top_k: int, types: frozenset[str]) -> list[Hit]:
        """The `top_k` entries with the highest cosine, of these types (none: of any), highest first, then by id.

        Scores are exact for what is answered; an approximate index may miss entries.
        """

    async def clear(self) -> None:
        """Forget everything."""


class CollectionStore(Protocol):
    """Entries as documents on the service's own branch. Every method may raise Unavailable and the like.

    It writes on top of what it read or wrote last; where another process has written since, Conflict tells to `open`
    and `load` anew.
    """

    async def open(self) -> Place:
        """Make branch and classes where they are absent; how far the collection `objects` has come."""

    def load(self) -> AsyncGenerator[StoredEntry, None]:
        """Every entry of every collection, as of `open`."""

    async def is_current(self) -> bool:
        """Whether the branch is as it was read or written last: another process, or another store, may be there."""

    async def write(self, entries: Sequence[StoredEntry], place: Place | None) -> None:
        """Insert or replace entries, and the place if there is one, as one commit."""

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete entries as one commit; all of them must be there."""


SearchableProperties = Mapping[str, tuple[str, ...]]
"""By type: the properties that are searchable, in the order of the class; types without any are left out."""


class ObjectSource(Protocol):
    """The ontology's objects and what happens to them. Every method may raise Unavailable and the like."""

    def movements(self, place: Place) -> AsyncGenerator[BranchMovement, None]:
        """Movements of the branch after that place, those past and those to come, without end."""

    async def searchable(self, commit: str) -> SearchableProperties:
        """What is searchable in that state."""

    def objects(self, type_name: str, commit: str) -> AsyncGenerator[Json, None]:
        """The objects of a type in that state."""

    def changes(self, before: str, after: str) -> AsyncGenerator[DocumentChange, None]:
        """What leads from one commit to another. NotFound or Gone where `before` is no more; TooLarge where one change
        is too large for the transport."""
