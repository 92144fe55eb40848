"""Reading documents: one, several, and listings of a single state."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from data_kernel.application.addressing import NEWEST, Addresses, NamedRevision, query_fields
from data_kernel.application.attribution import require_caller
from data_kernel.application.ids import check_id
from data_kernel.application.pagination import Listing, Place, read_token, state_of, write_token
from data_kernel.application.ports import DocumentStore, ScanQuery, ValueQuery
from data_kernel.application.streams import closing
from data_kernel.domain.databases import Database, State
from data_kernel.domain.digests import etag
from data_kernel.domain.documents import Graph, StoredDocument
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import encode
from shared.context import CallContext
from shared.errors import InvalidInput, NotFound
from shared.limits import Limits

_MAX_SKIP = 2**63 - 1
"""What the store can count to."""


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
    revision: NamedRevision = NEWEST
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


@dataclass(frozen=True, slots=True)
class SchemaGraph:
    """Class documents of one state, the context first, then in order of name."""

    state: State
    classes: tuple[StoredDocument, ...]


def default_context(database: Database) -> StoredDocument:
    """The context of a schema graph to which none was written: the database's prefixes."""
    return StoredDocument(CONTEXT_ID, CONTEXT_ID, encode({"@type": CONTEXT_ID, **database.prefixes}))


class Reads:
    """The use cases that read documents. Unknown databases, branches and commits are `NotFound`."""

    def __init__(self, store: DocumentStore, addresses: Addresses, limits: Limits) -> None:
        self._store = store
        self._addresses = addresses
        self._limits = limits

    async def get(
        self,
        database: str,
        revision: NamedRevision,
        document_ids: Sequence[str],
        context: CallContext,
        graph: Graph = Graph.INSTANCE,
    ) -> Found:
        """Documents by id in the order asked, all of one state."""
        for document_id in document_ids:
            check_id(document_id, self._limits)
        found = await self._state(database, revision, context)
        stored = await self._store.get(found.database.name, found.state, document_ids, graph)
        return Found(found.database, found.state, tuple(stored))

    async def get_one(
        self,
        database: str,
        revision: NamedRevision,
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

    async def referrers(
        self, database: str, revision: NamedRevision, document_ids: Sequence[str], context: CallContext
    ) -> list[StoredDocument]:
        """The documents that refer to one or more of these, each once."""
        found = await self._state(database, revision, context)
        ids: dict[str, None] = {}
        for document_id in document_ids:
            check_id(document_id, self._limits)
            ids |= dict.fromkeys(await self._store.referrers(found.database.name, found.state, document_id))
        stored = await self._store.get(found.database.name, found.state, [*ids])
        return [each for each in stored if each is not None]

    async def schema(
        self, database: str, revision: NamedRevision, context: CallContext, class_name: str = ""
    ) -> SchemaGraph:
        """The schema graph, or one class of it; `NotFound` names the class."""
        if class_name:
            check_id(class_name, self._limits)
        listing = await self.listing(ListQuery(database, revision, graph=Graph.SCHEMA), context)
        classes = [document async for batch in listing.batches() for document in batch]
        if all(document.id != CONTEXT_ID for document in classes):
            classes.append(default_context(listing.database))
        classes.sort(key=lambda document: document.id != CONTEXT_ID)
        if class_name:
            classes = [document for document in classes if document.id == class_name]
        if class_name and not classes:
            raise NotFound(f"id: there is no class {class_name}", field="id")
        return SchemaGraph(listing.state, tuple(classes))

    async def listing(self, query: ListQuery, context: CallContext) -> Documents:
        """Begin a listing or go on with one; nothing is read before its batches are asked for."""
        if not 0 <= query.skip <= _MAX_SKIP:
            raise InvalidInput(f"skip: it is 0 to {_MAX_SKIP}", field="skip")
        if query.count is not None and query.count < 1:
            raise InvalidInput("count: it is at least 1", field="count")
        database = await self._addresses.database(query.database, context)
        named = self._addresses.revision(database, query.revision, context)
        asked = [*query_fields(named).values(), query.type_name, query.graph, str(query.skip)]
        bound = Listing(require_caller(context).actor, ["documents", database.name, *asked])
        place = read_token(query.page_token, bound) if query.page_token else None
        state = await state_of(self._store, database.name, place, named)
        return Documents(self._store, Found(database, state, ()), query, place.last_key if place else None, bound)

    async def having(
        self, database: str, revision: NamedRevision, query: ValueQuery, context: CallContext
    ) -> AsyncGenerator[list[StoredDocument], None]:
        """The documents with a value, in order of id bytes."""
        found = await self._state(database, revision, context)
        async with closing(self._store.find(found.database.name, found.state, query)) as stream:
            async for batch in stream:
                yield batch

    async def _state(self, database: str, revision: NamedRevision, context: CallContext) -> Found:
        known = await self._addresses.database(database, context)
        state = await self._store.resolve(known.name, self._addresses.revision(known, revision, context))
        return Found(known, state, ())
