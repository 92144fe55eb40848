"""The service's own branch of the kernel: `<env>/embedding/main`."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractContextManager, aclosing
from dataclasses import replace

from embedding_service.domain.collections import OBJECTS, Place, StoredEntry
from embedding_service.domain.documents import (
    CLASSES,
    CURSOR_ID,
    ENTRY_CLASS,
    cursor_document,
    document_id,
    entry_document,
    place_of,
    stored_entry,
)
from shared import context
from shared.clients.terminus_gateway import TerminusGatewayClient
from shared.context import CallContext
from shared.errors import NotFound


class KernelCollectionStore:
    """`CollectionStore` over the kernel.

    What a caller asked for his own call (branch, author, message, key) is not asked for these writes; his identity is.
    """

    def __init__(self, kernel: TerminusGatewayClient, *, database: str, branch: str) -> None:
        self._kernel = kernel
        self._database = database
        self._branch = branch
        self._head = ""

    async def open(self) -> Place:
        """As `CollectionStore.open`."""
        with _own_call():
            made = await self._kernel.put_schema(
                CLASSES, database=self._database, branch=self._branch, message="Define what embeddings are"
            )
            self._head = made.commit
            try:
                found = await self._kernel.get_document(CURSOR_ID, database=self._database, rev=self._head)
            except NotFound:
                return Place()
        return place_of(found)

    async def load(self) -> AsyncGenerator[StoredEntry, None]:
        """As `CollectionStore.load`."""
        with _own_call():
            documents = self._kernel.list_documents(ENTRY_CLASS, database=self._database, rev=self._head)
        async with aclosing(documents):
            async for document in documents:
                yield stored_entry(document)

    async def is_current(self) -> bool:
        """As `CollectionStore.is_current`."""
        with _own_call():
            try:
                commits = await self._kernel.log(count=1, database=self._database, branch=self._branch)
            except NotFound:
                return False
        return [commit.id for commit in commits] == [self._head]

    async def write(self, entries: Sequence[StoredEntry], place: Place | None) -> None:
        """As `CollectionStore.write`."""
        documents = [entry_document(each) for each in entries]
        if place is not None:
            documents.append(cursor_document(place))
        of = f" of {place.commit}" if place is not None and place.commit else ""
        with _own_call():
            written = await self._kernel.put_document(
                documents,
                database=self._database,
                branch=self._branch,
                expected_head=self._head,
                message=f"Keep {len(entries)} embeddings{of}",
            )
        self._head = written.commit

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """As `CollectionStore.delete`."""
        with _own_call():
            written = await self._kernel.delete_document(
                [document_id(collection, each) for each in ids],
                database=self._database,
                branch=self._branch,
                expected_head=self._head,
                message=f"Delete {len(ids)} embeddings" + (" of objects" if collection == OBJECTS else ""),
            )
        self._head = written.commit


def _own_call() -> AbstractContextManager[CallContext]:
    now = context.current()
    return context.use(replace(now, author="", branch="", commit_message="", database="", idempotency_key=""))
