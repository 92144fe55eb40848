"""The past of a branch: commits, differences between two states, and its movements."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from data_kernel.application.addressing import Addresses, NamedRevision, query_fields
from data_kernel.application.attribution import require_caller
from data_kernel.application.branches import page_size
from data_kernel.application.changes import Movement, follow
from data_kernel.application.ids import check_id
from data_kernel.application.pagination import Listing, Place, read_token, state_of, write_token
from data_kernel.application.ports import DocumentStore
from data_kernel.domain.commits import Commit, Cursor, HistoryEntry
from data_kernel.domain.databases import Revision, State
from data_kernel.domain.documents import Change, Graph
from shared.context import CallContext
from shared.errors import NotFound
from shared.limits import Limits

DEFAULT_LOG_PAGE = 100


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of commits, newest first; the token is empty on the last one."""

    commits: tuple[Commit, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class DocumentHistoryPage:
    """One page of what commits did to a document, newest first; the token is empty on the last one."""

    entries: tuple[HistoryEntry, ...]
    next_page_token: str


class History:
    """The use cases about the past. Unknown databases, branches and commits are `NotFound`."""

    def __init__(self, store: DocumentStore, addresses: Addresses, limits: Limits) -> None:
        self._store = store
        self._addresses = addresses
        self._limits = limits

    async def log(
        self, database: str, revision: NamedRevision, context: CallContext, *, count: int = 0, page_token: str = ""
    ) -> LogPage:
        """At most `count` commits from `revision` back along first parents, 0 for 100 of them."""
        size = page_size(count, DEFAULT_LOG_PAGE, self._limits.page_size)
        known = await self._addresses.database(database, context)
        named = self._addresses.revision(known, revision, context)
        bound = Listing(require_caller(context).actor, ["log", known.name, *query_fields(named).values()])
        place = read_token(page_token, bound) if page_token else None
        state = await state_of(self._store, known.name, place, named)
        commits = await self._store.log(known.name, state, place.last_key if place else None, size + 1)
        token = write_token(Place(state.commit or "", commits[size - 1].id), bound) if len(commits) > size else ""
        return LogPage(tuple(commits[:size]), token)

    async def of_document(
        self,
        database: str,
        document_id: str,
        revision: NamedRevision,
        context: CallContext,
        *,
        count: int = 0,
        page_token: str = "",
        graph: Graph = Graph.INSTANCE,
    ) -> DocumentHistoryPage:
        """At most `count` of the commits that changed a document, from `revision` back, 0 for 100 of them."""
        check_id(document_id, self._limits)
        size = page_size(count, DEFAULT_LOG_PAGE, self._limits.page_size)
        known = await self._addresses.database(database, context)
        named = self._addresses.revision(known, revision, context)
        asked = ["history", known.name, document_id, graph.value, *query_fields(named).values()]
        bound = Listing(require_caller(context).actor, asked)
        place = read_token(page_token, bound) if page_token else None
        state = await state_of(self._store, known.name, place, named)
        after = place.last_key if place else None
        entries = await self._store.history(known.name, state, document_id, graph, after, size + 1)
        more = len(entries) > size
        token = write_token(Place(state.commit or "", entries[size - 1].commit.id), bound) if more else ""
        return DocumentHistoryPage(tuple(entries[:size]), token)

    async def diff(
        self,
        database: str,
        old: NamedRevision,
        new: NamedRevision,
        context: CallContext,
        graph: Graph = Graph.INSTANCE,
    ) -> AsyncIterator[list[Change]]:
        """What leads from `old` to `new`, in order of id bytes; both are resolved before the first batch is read.

        In their `rev` the name of a branch is taken too.
        """
        known = await self._addresses.database(database, context)
        before, after = [
            await self._state(known.name, self._addresses.revision_or_branch(known, revision, context))
            for revision in (old, new)
        ]
        return self._store.diff(known.name, before, after, graph)

    async def watch(self, database: str, branch: str, since: Cursor, context: CallContext) -> AsyncIterator[Movement]:
        """Movements of a branch after `since`: those past, then those to come, without end.

        A branch that never was is `NotFound`, and a place that its log does not have `Gone`: at once, not only when the
        first movement is asked for.
        """
        known = await self._addresses.database(database, context)
        name = self._addresses.branch(known, branch, context)
        await self._store.ref_log(known.name, name, since, 1)
        return follow(self._store, known.name, name, since)

    async def _state(self, database: str, revision: Revision) -> State:
        """The state of a revision whose text may have meant a branch as well as a tag."""
        try:
            return await self._store.resolve(database, revision)
        except NotFound as error:
            if error.field != "tag":
                raise
            raise NotFound(f"there is no branch or tag {revision.tag!r}", field="rev") from error
