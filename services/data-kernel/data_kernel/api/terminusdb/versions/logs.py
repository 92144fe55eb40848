"""The commits of a state by first parents, newest first, as documents."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import pairwise

from data_kernel.api.terminusdb.versions.beginnings import is_beginning
from data_kernel.api.terminusdb.versions.commit_documents import commit_document
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.history import LogPage
from data_kernel.application.kernel import Kernel
from data_kernel.domain.commits import Commit
from shared.canonical import Json
from shared.context import CallContext

Entry = tuple[Commit, dict[str, Json]]
"""A commit and its document."""


Documents = AsyncGenerator[list[dict[str, Json]], None]


class Log:
    """A log in progress, of pages of `size` commits (0: as long as they may be).

    A branch's own first commit is nobody's parent there, as TerminusDB shows it.
    """

    def __init__(
        self, kernel: Kernel, database: str, revision: NamedRevision, context: CallContext, *, size: int = 0
    ) -> None:
        self._kernel = kernel
        self._database = database
        self._revision = revision
        self._context = context
        limit = kernel.settings.limits.page_size
        self._size = min(size or limit, limit)

    async def first(self) -> LogPage:
        """The newest commits; `NotFound` where there is no such state."""
        return await self._page("")

    async def entries(self, first: LogPage) -> AsyncGenerator[list[Entry], None]:
        """All commits from the first page on. Each waits for the one behind it, which may be a branch's first."""
        waiting: Commit | None = None
        async with aclosing(self._pages(first)) as pages:
            async for page in pages:
                newest = [] if waiting is None else [waiting]
                line = [*newest, *page.commits]
                yield [entry_of(commit, behind) for commit, behind in pairwise(line)]
                waiting = line[-1] if line else None
        if waiting is not None:
            yield [(waiting, commit_document(waiting, None))]

    async def documents(self, first: LogPage) -> Documents:
        """What a log shows: a branch's own first commit only where it is all that there is."""
        is_alone = bool(first.commits) and is_beginning(first.commits[0])
        async with aclosing(self.entries(first)) as entries:
            async for batch in entries:
                yield [document for commit, document in batch if is_alone or not is_beginning(commit)]

    async def _pages(self, first: LogPage) -> AsyncGenerator[LogPage, None]:
        page = first
        yield page
        while page.next_page_token:
            page = await self._page(page.next_page_token)
            yield page

    async def _page(self, token: str) -> LogPage:
        log = self._kernel.history.log
        return await log(self._database, self._revision, self._context, count=self._size, page_token=token)


def entry_of(commit: Commit, behind: Commit) -> Entry:
    """A commit and its document, by the commit behind it."""
    return commit, commit_document(commit, None if is_beginning(behind) else behind.id)
