"""Finding documents by a value: by an index, or by looking at all of the class, which makes one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import islice

from data_kernel.adapters.embedded.collecting import Leases
from data_kernel.adapters.embedded.documents import property_index, reads
from data_kernel.adapters.embedded.documents.property_index import Index, IndexKey, PropertyIndexes
from data_kernel.adapters.embedded.refs import revisions
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.readers import Readers
from data_kernel.application.ports import ScanQuery, ValueQuery
from data_kernel.application.streams import closing
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Graph, StoredDocument
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class _Step:
    """Some documents, how many were looked at, and after which id to go on (`None`: the end)."""

    documents: list[StoredDocument]
    scanned: int
    resume_after: str | None
    entries: tuple[bytes, ...] = ()


class Finder:
    """Answers value queries on the readers' threads, each batch by a read of its own."""

    def __init__(self, readers: Readers, leases: Leases, indexes: PropertyIndexes) -> None:
        self._readers = readers
        self._leases = leases
        self._indexes = indexes

    async def find(self, database: str, state: State, query: ValueQuery) -> AsyncIterator[_Step]:
        """The documents in order of their ids, and what it took to find them."""
        if state.commit is None:
            return
        key = IndexKey(database, query.type_name, query.property_name)
        with self._leases.hold(state.commit):
            index = await self._index(key, state, state.commit)
            steps = self._all(key, state, state.commit, query) if index is None else self._by(key, index, state, query)
            async with closing(steps) as stream:
                async for step in stream:
                    yield step

    async def _index(self, key: IndexKey, state: State, commit: str) -> Index | None:
        """The index at the state, where there is one at a state from which few differences lead there."""
        epoch, kept = self._indexes.epoch, self._indexes.get(key)
        if kept is None:
            return None
        if kept.commit != commit:
            with self._leases.hold(kept.commit):
                kept = await self._readers.read(_brought_up, kept, key, state)
        if kept is not None:
            self._indexes.keep(key, kept, epoch)
        return kept

    async def _by(self, key: IndexKey, index: Index, state: State, query: ValueQuery) -> AsyncIterator[_Step]:
        after: str | None = None
        while True:
            step = await self._readers.read(_step_by, key.database, state, index, query, after)
            yield step
            if step.resume_after is None:
                return
            after = step.resume_after

    async def _all(self, key: IndexKey, state: State, commit: str, query: ValueQuery) -> AsyncIterator[_Step]:
        """Look at every document; what was seen becomes the index, unless it is too much."""
        epoch, entries, after = self._indexes.epoch, list[bytes](), None
        while True:
            step = await self._readers.read(_step_through, key.database, state, query, after)
            if len(entries) <= self._indexes.max_entries:
                entries += step.entries
            yield step
            if step.resume_after is None:
                break
            after = step.resume_after
        if len(entries) <= self._indexes.max_entries:
            index = await self._readers.read(_built, key, state, commit, entries)
            if index is not None:
                self._indexes.keep(key, index, epoch)


def _brought_up(access: Access, index: Index, key: IndexKey, state: State) -> Index | None:
    new = revisions.content(access, key.database, state)
    try:
        old = revisions.content(access, key.database, State(index.commit, None))
    except NotFound:  # collected since, or of a database that is another one now
        return None
    return property_index.brought_up(access, index, old, new, state.commit or "", key)


def _built(access: Access, key: IndexKey, state: State, commit: str, entries: list[bytes]) -> Index | None:
    if not property_index.is_coverable(revisions.content(access, key.database, state), key.type_name):
        return None
    return property_index.build(commit, entries)


def _step_through(access: Access, database: str, state: State, query: ValueQuery, after: str | None) -> _Step:
    page = reads.scan_page_of(access, database, state, ScanQuery(type_name=query.type_name, after_id=after))
    entries = tuple(
        entry for each in page.documents for entry in property_index.entries_of(each.id, each.body, query.property_name)
    )
    found = [each for each in page.documents if property_index.has_value(each.body, query)]
    return _Step(found, page.scanned, page.resume_after, entries)


def _step_by(access: Access, database: str, state: State, index: Index, query: ValueQuery, after: str | None) -> _Step:
    content = revisions.content(access, database, state)
    candidates = property_index.ids(index, query, after)
    documents: list[StoredDocument] = []
    scanned = size_bytes = 0
    for document_id in islice(candidates, reads.BATCH_ROWS):
        document = reads.find(access, content, Graph.INSTANCE, document_id)
        scanned += 1
        after = document_id
        if document is not None and property_index.has_value(document.body, query):
            documents.append(document)
            size_bytes += len(document.body)
        if size_bytes >= reads.BATCH_BYTES:
            break
    return _Step(documents, scanned, after if next(candidates, None) is not None else None)
