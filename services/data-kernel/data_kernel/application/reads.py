"""Reading documents: one, several, and listings of a single state."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from data_kernel.application.addressing import NEWEST, Addresses, RevisionText
from data_kernel.application.attribution import require_caller
from data_kernel.application.pagination import Listing, Place, read_token, write_token
from data_kernel.application.ports import DocumentStore, ScanQuery
from data_kernel.application.streams import closing
from data_kernel.domain.databases import Database, Revision, State
from data_kernel.domain.digests import etag
from data_kernel.domain.documents import Graph, StoredDocument
from shared.context import CallContext
from shared.errors import InvalidInput, NotFound
from shared.limits import Limits


@dataclass(frozen=True, slots=True)
class Found:
    """Documents of one state, `None` for each that is not there."""

    database: Database
    state: State
    documents: tuple[StoredDocument | None, ...]

    def etag(self, document: StoredDocument) -> str:
        """The document's strong entity tag."""
        return etag(self.database.name, document)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A listing in order of id bytes; empty texts leave a part open.

    `count` ends it after so many documents, `None` does not. With a `page_token` the listing goes on at the commit and
    after the document where the page before ended, and `skip` has been done already.
    """

    database: str = ""
    revision: RevisionText = NEWEST
    type_name: str = ""
    graph: Graph = Graph.INSTANCE
    skip: int = 0
    count: int | None = None
    page_token: str = ""
    max_bytes: int | None = None


class Documents:
    """A listing in progress: one state, read in batches of about 1 MB as they are asked for.

    `next_page_token` is set once `batches` has ended and documents are left.
    """

    def __init__(self, store: DocumentStore, found: Found, query: ListQuery, after: str | None, bound: Listing) -> None:
        self.database = found.database
        self.state = found.state
        self.next_page_token = ""
        self._store = store
        self._query = query
        self._after = after
        self._bound = bound
        self._left = query.count
        self._left_bytes = query.max_bytes

    def etag(self, document: StoredDocument) -> str:
        """The document's strong entity tag."""
        return etag(self.database.name, document)

    async def batches(self) -> AsyncGenerator[list[StoredDocument], None]:
        """The documents; closing the iterator stops the reading in the store."""
        query = ScanQuery(
            graph=self._query.graph,
            type_name=self._query.type_name or None,
            after_id=self._after,
            skip=0 if self._after is not None else self._query.skip,
            # One more than asked for tells whether documents are left.
            limit=None if self._left is None else self._left + 1,
        )
        async with closing(self._store.scan(self.database.name, self.state, query)) as stream:
            async for batch in stream:
                taken = self._take(batch)
                if taken:
                    self._after = taken[-1].id
                    yield taken
                if len(taken) < len(batch):
                    self.next_page_token = write_token(Place(self.state.commit or "", self._after or ""), self._bound)
                    return

    def _take(self, batch: list[StoredDocument]) -> list[StoredDocument]:
        """As much of the batch as count and bytes allow; a first document is taken whatever its size."""
        if self._left is None:
            return batch
        taken: list[StoredDocument] = []
        for document in batch:
            if self._left == 0 or not self._has_room(document):
                break
            self._left -= 1
            taken.append(document)
        return taken

    def _has_room(self, document: StoredDocument) -> bool:
        if self._left_bytes is None:
            return True
        is_first = self._left_bytes == self._query.max_bytes
        self._left_bytes -= len(document.body)
        return is_first or self._left_bytes >= 0


class Reads:
    """The use cases that read documents. Unknown databases, branches and commits are `NotFound`."""

    def __init__(self, store: DocumentStore, addresses: Addresses, limits: Limits) -> None:
        self._store = store
        self._addresses = addresses
        self._limits = limits

    async def get(
        self,
        database: str,
        revision: RevisionText,
        document_ids: Sequence[str],
        context: CallContext,
        graph: Graph = Graph.INSTANCE,
    ) -> Found:
        """Documents by id in the order asked, all of one state."""
        for document_id in document_ids:
            self._check_id(document_id)
        found = await self._state(database, revision, context)
        stored = await self._store.get(found.database.name, found.state, document_ids, graph)
        return Found(found.database, found.state, tuple(stored))

    async def get_one(
        self,
        database: str,
        revision: RevisionText,
        document_id: str,
        context: CallContext,
        graph: Graph = Graph.INSTANCE,
    ) -> tuple[Found, StoredDocument]:
        """One document; `NotFound` names it."""
        found = await self.get(database, revision, [document_id], context, graph)
        document = found.documents[0]
        if document is None:
            raise NotFound(f"id: there is no document {document_id}", field="id")
        return found, document

    async def listing(self, query: ListQuery, context: CallContext) -> Documents:
        """Begin a listing or go on with one; nothing is read before its batches are asked for."""
        if query.skip < 0:
            raise InvalidInput("skip: it is not below 0", field="skip")
        if query.count is not None and query.count < 1:
            raise InvalidInput("count: it is at least 1", field="count")
        bound = self._bound(query, context)
        if not query.page_token:
            return Documents(
                self._store, await self._state(query.database, query.revision, context), query, None, bound
            )
        place = read_token(query.page_token, bound)
        database = await self._addresses.database(query.database, context)
        state = await self._store.resolve(database.name, Revision(commit=place.commit))
        return Documents(self._store, Found(database, state, ()), query, place.last_key, bound)

    def _bound(self, query: ListQuery, context: CallContext) -> Listing:
        database = self._addresses.database_name(query.database, context)
        asked = [
            query.revision.branch or context.branch,
            query.revision.rev,
            query.type_name,
            query.graph,
            str(query.skip),
        ]
        return Listing(require_caller(context).actor, ["documents", database, *asked])

    async def _state(self, database: str, revision: RevisionText, context: CallContext) -> Found:
        known = await self._addresses.database(database, context)
        state = await self._store.resolve(known.name, self._addresses.revision(known, revision, context))
        return Found(known, state, ())

    def _check_id(self, document_id: str) -> None:
        size = len(document_id.encode("utf-8", "surrogatepass"))
        if not document_id:
            raise InvalidInput("id: it is empty", field="id")
        if size > self._limits.id_bytes:
            raise InvalidInput(f"id: {size} bytes are more than {self._limits.id_bytes}", field="id")
