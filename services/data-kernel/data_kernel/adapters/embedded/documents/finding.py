"""Finding documents by a value: by an index, or by looking at all of the class, which makes one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import islice

from data_kernel.adapters.embedded.collecting import Leases
from data_kernel.adapters.embedded.documents import property_index, reads, saved_indexes
from data_kernel.adapters.embedded.documents.index_saver import IndexSaver
from data_kernel.adapters.embedded.documents.kept_indexes import KeptIndexes
from data_kernel.adapters.embedded.documents.property_index import Index, IndexedProperty, Origin
from data_kernel.adapters.embedded.encoding.times import RandomSource
from data_kernel.adapters.embedded.refs import revisions
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.readers import Readers
from data_kernel.adapters.embedded.tree import Tree
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

    def __init__(
        self, readers: Readers, leases: Leases, kept: KeptIndexes, saver: IndexSaver, random: RandomSource
    ) -> None:
        self._readers = readers
        self._leases = leases
        self._kept = kept
        self._saver = saver
        self._random = random

    async def find(self, database: str, state: State, query: ValueQuery) -> AsyncIterator[_Step]:
        """The documents in order of their ids, and what it took to find them."""
        if state.commit is None:
            return
        of = IndexedProperty(database, query.type_name, query.property_name)
        with self._leases.hold(state.commit):
            after, index = None, await self._index(of, state)
            while index is not None:
                step = await self._readers.read(_step_by, self._kept, of, state, index, query, after)
                if step is None:
                    index = await self._index(of, state)
                    continue
                yield step
                if step.resume_after is None:
                    return
                after = step.resume_after
            async with closing(self._through(of, state, query, after)) as steps:
                async for step in steps:
                    yield step

    async def _index(self, of: IndexedProperty, state: State) -> Index | None:
        """The index at the state, where there is one at a state from which few differences lead there."""
        generation, kept = self._kept.generation, self._kept.get(of)
        found = None
        if kept is not None and kept.commit == state.commit:
            found = kept
        elif kept is not None:
            with self._leases.hold(kept.commit):
                found = await self._readers.read(_brought_up, self._kept, kept, of, state)
        if found is None:
            found = await self._readers.read(_from_file, generation, of, state)
        if found is not None:
            self._kept.keep(of, found)
        if found is not None and found is not kept:
            self._saver.begin(of, found)
        return found

    async def _through(
        self, of: IndexedProperty, state: State, query: ValueQuery, after: str | None
    ) -> AsyncIterator[_Step]:
        """Look at every document; what was seen from the first on becomes the index, unless it is too much."""
        is_whole, entries = after is None, list[bytes]()
        generation, purge_epoch = self._kept.generation, await self._readers.read(saved_indexes.purge_epoch)
        origin = Origin(self._random(property_index.KEY_BYTES), generation, purge_epoch)
        while True:
            step = await self._readers.read(_step_through, of.database, state, query, after, origin.key)
            if len(entries) <= self._kept.max_entries:
                entries += step.entries
            yield step
            if step.resume_after is None:
                break
            after = step.resume_after
        if is_whole and len(entries) <= self._kept.max_entries:
            await self._make(of, state, entries, origin)

    async def _make(self, of: IndexedProperty, state: State, entries: list[bytes], origin: Origin) -> None:
        index = await self._readers.read(_built, of, state, entries, origin)
        if index is not None:
            self._kept.keep(of, index)
            self._saver.begin(of, index)


def _is_current(access: Access, kept: KeptIndexes, index: Index) -> bool:
    """Whether the read sees all nodes of the index: none was taken before the moment of the file that it sees."""
    saved_indexes.purge_epoch(access)  # whatever is read first fixes that moment
    return index.origin.generation == kept.generation


def _brought_up(access: Access, kept: KeptIndexes, index: Index, of: IndexedProperty, state: State) -> Index | None:
    return _at_state(access, index, of, state) if _is_current(access, kept, index) else None


def _from_file(access: Access, generation: int, of: IndexedProperty, state: State) -> Index | None:
    index = saved_indexes.load(access, of, generation)
    return None if index is None else _at_state(access, index, of, state)


def _at_state(access: Access, index: Index, of: IndexedProperty, state: State) -> Index | None:
    if index.commit == state.commit:
        return index
    new = revisions.content(access, of.database, state)
    try:
        old = revisions.content(access, of.database, State(index.commit, None))
    except NotFound:  # collected since, or of a database that is another one now
        return None
    return property_index.brought_up(access, index, old, new, state.commit or "", of)


def _built(access: Access, of: IndexedProperty, state: State, entries: list[bytes], origin: Origin) -> Index | None:
    if not property_index.is_coverable(revisions.content(access, of.database, state), of.type_name):
        return None
    return property_index.build(state.commit or "", entries, Tree.empty(access.memory.nodes), origin)


def _step_through(
    access: Access, database: str, state: State, query: ValueQuery, after: str | None, key: bytes
) -> _Step:
    page = reads.scan_page_of(access, database, state, ScanQuery(type_name=query.type_name, after_id=after))
    entries = tuple(
        entry
        for each in page.documents
        for entry in property_index.entries_of(key, each.id, each.body, query.property_name)
    )
    found = [each for each in page.documents if property_index.has_value(each.body, query)]
    return _Step(found, page.scanned, page.resume_after, entries)


def _step_by(
    access: Access,
    kept: KeptIndexes,
    of: IndexedProperty,
    state: State,
    index: Index,
    query: ValueQuery,
    after: str | None,
) -> _Step | None:
    """What the index finds next; `None` where some of its nodes may be gone."""
    if not _is_current(access, kept, index):
        return None
    content = revisions.content(access, of.database, state)
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
