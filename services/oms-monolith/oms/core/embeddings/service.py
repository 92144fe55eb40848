"""Semantic search in the monolith's own process."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import aclosing

from oms.application.ports import DatabaseForCall
from oms.application.schema_edits import read_ontology
from oms.core.embeddings.object_vectors import ObjectVectors
from oms.core.embeddings.providers import EmbeddingProvider
from oms.domain.searchable import Searchable, searchable_of, text_of
from shared import context
from shared.canonical import Json
from shared.clients.embedding_values import Neighbours
from shared.context import CallContext
from shared.database.interfaces import ChangeKind, DocumentDatabase
from shared.errors import InvalidInput, Unavailable

MODEL_VERSION = "legacy"
_AT_ONCE = 512
"""Objects whose vectors are made in one go; between two goes a search may see what is there."""


class VectorEmbeddingService:
    """Deprecated in favour of `shared.clients.EmbeddingClient`, whose answers it gives.

    It searches the objects of one branch exactly, by vectors that it makes when they are first asked for and keeps in
    memory. Each search first takes in what was committed since the last; where that takes longer than `wait_s` seconds,
    the search answers by what there is, or raises Unavailable the first time.
    """

    def __init__(
        self, provider: EmbeddingProvider, database: DatabaseForCall, branch: str, *, wait_s: float = 8.0
    ) -> None:
        self._provider = provider
        self._database = database
        self._branch = branch
        self._wait_s = wait_s
        self._vectors = ObjectVectors()
        self._searchable: Searchable = {}
        self._head = ""
        self._refreshing: asyncio.Task[None] | None = None

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length 1 a text."""
        vectors = await asyncio.to_thread(self._provider.embed, _not_blank(texts))
        return [[float(number) for number in each] for each in vectors]

    async def search(self, query: str, *, top_k: int, types: Collection[str]) -> Neighbours:
        """The nearest objects of these types (none: of any), the nearest first; Unavailable."""
        texts = _not_blank([query])
        await self._take_in()
        vectors = await asyncio.to_thread(self._provider.embed, texts)
        return Neighbours(tuple(self._vectors.search(vectors[0], top_k, types)), MODEL_VERSION, self._head)

    async def close(self) -> None:
        """Give up what is in progress."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.wait([self._refreshing])

    async def _take_in(self) -> None:
        try:
            async with asyncio.timeout(self._wait_s):
                if self._refreshing is not None and not self._refreshing.done():
                    # Begun before this search: it may have read the head before what this caller has just written.
                    await asyncio.shield(self._refreshing)
                if self._refreshing is None or self._refreshing.done():
                    self._refreshing = asyncio.create_task(self._refresh(), name="legacy-embedding")
                await asyncio.shield(self._refreshing)
        except TimeoutError:
            if not self._head:
                raise Unavailable("the objects are being embedded for the first time", retry_after_s=2) from None

    async def _refresh(self) -> None:
        # As the service itself: what is indexed does not depend on who searches first.
        with context.use(CallContext(method="SYSTEM", route="legacy-embedding")):
            database = self._database()
            commits = await database.log(count=1, branch=self._branch)
            if not commits or commits[0].id == self._head:
                return
            head = commits[0].id
            searchable = searchable_of((await read_ontology(database, {"rev": head})).types)
            if self._head and searchable == self._searchable:
                await self._embed(_changed(database, self._head, head), searchable)
            else:
                await self._embed_all(database, head, searchable)
            self._head, self._searchable = head, searchable

    async def _embed_all(self, database: DocumentDatabase, head: str, searchable: Searchable) -> None:
        gone = self._vectors.ids()

        async def everything() -> AsyncIterator[tuple[str, str, Json]]:
            for type_name in searchable:
                async with aclosing(database.list_documents(type_name, rev=head)) as documents:
                    async for document in documents:
                        document_id = str(document["@id"]) if isinstance(document, dict) else ""
                        gone.discard(document_id)
                        yield document_id, type_name, document

        await self._embed(everything(), searchable)
        self._vectors.delete(gone)

    async def _embed(self, objects: AsyncIterator[tuple[str, str, Json]], searchable: Searchable) -> None:
        waiting: list[tuple[str, str, str]] = []
        async for object_id, type_name, document in objects:
            text = text_of(document, searchable.get(type_name, ()))
            if not text:
                self._vectors.delete([object_id])
            elif not self._vectors.has(object_id, type_name, text):
                waiting.append((object_id, type_name, text))
            if len(waiting) == _AT_ONCE:
                await self._make(waiting)
                waiting = []
        await self._make(waiting)

    async def _make(self, waiting: list[tuple[str, str, str]]) -> None:
        if not waiting:
            return
        vectors = await asyncio.to_thread(self._provider.embed, [text for _, _, text in waiting])
        for (object_id, type_name, text), vector in zip(waiting, vectors, strict=True):
            self._vectors.put(object_id, type_name, text, vector)


async def _changed(database: DocumentDatabase, before: str, after: str) -> AsyncIterator[tuple[str, str, Json]]:
    """What lies between two commits; a deleted object has no document."""
    async with aclosing(database.diff(before, after)) as changes:
        async for change in changes:
            yield change.id, change.type, None if change.kind is ChangeKind.DELETED else change.after


def _not_blank(texts: Sequence[str]) -> Sequence[str]:
    if not texts or not all(text.strip() for text in texts):
        raise InvalidInput("a text to embed is not blank", field="q")
    return texts
