"""What was just read, kept: a commit never changes, and a head only moves when the store says so."""

from collections import OrderedDict
from collections.abc import Sequence

from opentelemetry.trace import Tracer

from data_kernel.adapters.observed import ObservedStore, StoreMetrics
from data_kernel.application.ports import DocumentStore, PurgeOutcome, PurgeRequest
from data_kernel.domain.databases import Revision, State
from data_kernel.domain.documents import Graph, StoredDocument

_Key = tuple[int, str, str, Graph, str]
_ENTRY_BYTES = 400
"""What an entry takes beside its document's bytes: measured with small documents, key and bookkeeping included."""
_MAX_HEADS = 10_000


class DocumentCache:
    """Documents of commits, the least recently used ones dropped beyond `budget_bytes`."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._size_bytes = 0
        self._documents: OrderedDict[_Key, StoredDocument] = OrderedDict()

    def get(self, key: _Key) -> StoredDocument | None:
        """The document, if it is kept."""
        document = self._documents.get(key)
        if document is not None:
            self._documents.move_to_end(key)
        return document

    def put(self, key: _Key, document: StoredDocument) -> None:
        """Keep a document; one that would take more than an eighth of the budget is not kept."""
        size_bytes = len(document.body) + _ENTRY_BYTES
        if key in self._documents or size_bytes > self._budget_bytes // 8:
            return
        self._documents[key] = document
        self._size_bytes += size_bytes
        while self._size_bytes > self._budget_bytes:
            _, dropped = self._documents.popitem(last=False)
            self._size_bytes -= len(dropped.body) + _ENTRY_BYTES

    def clear(self) -> None:
        """Forget everything."""
        self._documents.clear()
        self._size_bytes = 0


class CachedStore(ObservedStore):
    """An `ObservedStore` that answers from memory what it answered before.

    A branch's head is kept until anything in the store has moved: the store counts a movement before it answers the
    write that made it, so that whoever was answered never reads an older head.
    """

    def __init__(
        self, inner: DocumentStore, tracer: Tracer, metrics: StoreMetrics, timeout_s: float, budget_bytes: int
    ) -> None:
        super().__init__(inner, tracer, metrics, timeout_s)
        self._documents = DocumentCache(budget_bytes)
        self._heads: dict[tuple[str, str], State] = {}
        self._heads_at = -1

    async def resolve(self, database: str, revision: Revision) -> State:
        """As the port says; the head of a branch from memory while nothing has moved."""
        branch = revision.branch
        if branch is None or revision != Revision(branch=branch):
            return await super().resolve(database, revision)
        movements = self.movements
        if movements != self._heads_at or len(self._heads) > _MAX_HEADS:
            self._heads.clear()
            self._heads_at = movements
        state = self._heads.get((database, branch))
        if state is None:
            state = await super().resolve(database, revision)
            if movements == self._heads_at:
                self._heads[database, branch] = state
        return state

    async def get(
        self, database: str, state: State, document_ids: Sequence[str], graph: Graph = Graph.INSTANCE
    ) -> list[StoredDocument | None]:
        """As the port says; documents of a commit from memory."""
        commit = state.commit
        if commit is None:
            return await super().get(database, state, document_ids, graph)
        epoch = self.purge_epoch  # what is read from here on is kept for this epoch, even if it ends meanwhile
        keys = [(epoch, database, commit, graph, document_id) for document_id in document_ids]
        found = [self._documents.get(key) for key in keys]
        missing = [place for place, document in enumerate(found) if document is None]
        if missing:
            read = await super().get(database, state, [document_ids[place] for place in missing], graph)
            for place, document in zip(missing, read, strict=True):
                found[place] = document
                if document is not None:
                    self._documents.put(keys[place], document)
        return found

    async def purge(self, request: PurgeRequest) -> PurgeOutcome:
        """As the port says."""
        try:
            return await super().purge(request)
        finally:
            self._documents.clear()

    async def delete_database(self, name: str) -> None:
        """As the port says."""
        try:
            await super().delete_database(name)
        finally:
            self._heads.clear()
            self._documents.clear()
