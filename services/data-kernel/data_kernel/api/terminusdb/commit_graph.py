"""The commit graph of a database as documents: its branches and their commits."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from fastapi.responses import Response

from data_kernel.api.terminusdb.answers import Bodies, documents_answer
from data_kernel.api.terminusdb.failures import in_terms_of
from data_kernel.api.terminusdb.own_members import own_members
from data_kernel.api.terminusdb.resources import Resource
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.history import LogPage
from data_kernel.application.kernel import Kernel
from data_kernel.domain.commits import Commit
from data_kernel.domain.databases import Branch
from shared.canonical import Json, JsonNumber, encode
from shared.context import CallContext, current

BRANCH = "Branch"
COMMIT = "ValidCommit"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def commit_id(commit: str) -> str:
    """Id of a commit's document."""
    return f"{COMMIT}/{commit}"


def commit_document(commit: Commit) -> dict[str, Json]:
    """A commit; what TerminusDB has no member for stands in the platform's own."""
    beyond: dict[str, Json] = {
        "branch": commit.branch,
        "actor": commit.actor,
        "method": commit.method,
        "route": commit.route,
        "service": commit.service,
        "trace_id": commit.trace_id,
    }
    document: dict[str, Json] = {
        "@id": commit_id(commit.id),
        "@type": COMMIT,
        "identifier": commit.id,
        "author": commit.author,
        "message": commit.message,
        "timestamp": _epoch_seconds(commit.time),
        **own_members(beyond),
    }
    if commit.parents:
        document["parent"] = commit_id(commit.parents[0])
    return document


def _epoch_seconds(time: datetime) -> JsonNumber:
    """Seconds since 1970, exact to the microsecond."""
    seconds, microseconds = divmod((time - _EPOCH) // timedelta(microseconds=1), 1_000_000)
    return JsonNumber(f"{seconds}.{microseconds:06}")


async def branches_of(kernel: Kernel, database: str, context: CallContext) -> list[Branch]:
    """All branches in order of name."""
    page = await kernel.branches.page(database, context)
    found = list(page.branches)
    while page.next_page_token:
        page = await kernel.branches.page(database, context, page_token=page.next_page_token)
        found += page.branches
    return found


class Log:
    """The commits of a state by first parents, newest first."""

    def __init__(self, kernel: Kernel, database: str, revision: NamedRevision, context: CallContext) -> None:
        self._kernel = kernel
        self._database = database
        self._revision = revision
        self._context = context

    async def first(self) -> LogPage:
        """The newest commits; `NotFound` where there is no such state."""
        return await self._page("")

    async def batches(self, first: LogPage) -> AsyncGenerator[tuple[Commit, ...], None]:
        """Those of the first page, and all that follow."""
        page = first
        yield page.commits
        while page.next_page_token:
            page = await self._page(page.next_page_token)
            yield page.commits

    async def _page(self, token: str) -> LogPage:
        size = self._kernel.settings.limits.page_size
        log = self._kernel.history.log
        return await log(self._database, self._revision, self._context, count=size, page_token=token)


async def answer(kernel: Kernel, resource: Resource, type_name: str, *, as_list: bool) -> Response:
    """The documents of the graph of a type, or all."""
    context = current()
    with in_terms_of(resource):
        branches = await branches_of(kernel, resource.database, context)
    return documents_answer(_documents(kernel, resource.database, branches, type_name, context), {}, as_list=as_list)


async def _documents(
    kernel: Kernel, database: str, branches: list[Branch], type_name: str, context: CallContext
) -> Bodies:
    if type_name in {"", BRANCH}:
        yield [encode(_branch_document(branch)) for branch in branches]
    if type_name not in {"", COMMIT}:
        return
    seen: set[str] = set()
    for head in (branch.head for branch in branches if branch.head):
        log = Log(kernel, database, NamedRevision(commit=head), context)
        async with aclosing(log.batches(await log.first())) as batches:
            async for batch in batches:
                fresh = [commit for commit in batch if commit.id not in seen]
                seen.update(commit.id for commit in fresh)
                yield [encode(commit_document(commit)) for commit in fresh]
                if len(fresh) < len(batch):
                    # From here on the line is one that was shown before.
                    break


def _branch_document(branch: Branch) -> dict[str, Json]:
    document: dict[str, Json] = {"@id": f"{BRANCH}/{branch.name}", "@type": BRANCH, "name": branch.name}
    return document | ({"head": commit_id(branch.head)} if branch.head else {})
