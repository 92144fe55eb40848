"""What commits did to one document: `GET /api/history/{path}`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.answers import CACHE_CONTROL, NdjsonResponse
from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import Bodies, documents_answer, json_answer
from data_kernel.api.terminusdb.classes.prefixes import prefixes_of
from data_kernel.api.terminusdb.parameters import Parameters, resource_of
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import document_not_found, no_history
from data_kernel.api.terminusdb.resources import Kind, Resource
from data_kernel.api.terminusdb.versions.commit_documents import commit_document
from data_kernel.api.terminusdb.versions.logs import entry_of
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.history import DocumentHistoryPage
from data_kernel.application.kernel import Kernel
from data_kernel.domain.commits import HistoryEntry
from data_kernel.domain.comparing import Style, document_difference, versions_of
from data_kernel.domain.documents import Change, ChangeKind, Graph
from shared.canonical import Json, encode
from shared.context import current

_ALL = -1
_NOT_OF_A_HISTORY = frozenset({"@id", "@type"})
_COMPLETE = frozenset({"parent", "instance", "schema"})


async def get_history(request: Request, kernel: TheKernel) -> Response:
    """The commits that changed a document, newest first, or only those that made it (`created`) and wrote it last."""
    resource, parameters = resource_of(request, "history"), Parameters.of(request)
    document_id, graph = parameters.required("id"), parameters.graph()
    start, count = max(0, parameters.integer("start", 0)), parameters.integer("count", _ALL)
    if resource.kind not in {Kind.BRANCH, Kind.COMMIT}:
        raise no_history(resource.descriptor)
    ends = [name for name in ("created", "updated") if parameters.flag(name)]
    with in_terms_of(resource):
        past = await _Past.of(kernel, resource, document_id, graph, parameters)
        # What is wrong with the resource shows here, before the answer begins.
        first = await past.page("")
    if ends:
        return json_answer(await _ends(past, first, ends, document_id))
    bodies = _window(past, first, start, count)
    if parameters.flag("streaming"):
        return NdjsonResponse(_lines(bodies), {"cache-control": CACHE_CONTROL})
    return documents_answer(bodies, {}, as_list=True)


@dataclass(frozen=True, slots=True)
class _Past:
    """The history of one document, in progress; `shows_change` and `is_complete` say what is told of each commit."""

    kernel: Kernel
    resource: Resource
    document_id: str
    graph: Graph
    shows_change: bool
    is_complete: bool

    @classmethod
    async def of(
        cls, kernel: Kernel, resource: Resource, document_id: str, graph: Graph, parameters: Parameters
    ) -> "_Past":
        context = current()
        prefixes = await prefixes_of(kernel, resource.database, resource.revision(context), context)
        shorten = prefixes.short_id if graph is Graph.INSTANCE else prefixes.short_name
        shows, is_complete = parameters.flag("diff"), parameters.flag("complete")
        return cls(kernel, resource, shorten(document_id), graph, shows, is_complete)

    async def page(self, token: str) -> DocumentHistoryPage:
        context = current()
        history, revision = self.kernel.history, self.resource.revision(context)
        database, graph = self.resource.database, self.graph
        return await history.of_document(database, self.document_id, revision, context, page_token=token, graph=graph)

    async def entries(self, first: DocumentHistoryPage) -> AsyncGenerator[list[HistoryEntry], None]:
        page = first
        yield [*page.entries]
        while page.next_page_token:
            page = await self.page(page.next_page_token)
            yield [*page.entries]

    async def told(self, entry: HistoryEntry) -> dict[str, Json]:
        commit = entry.commit
        document = await self._complete(entry) if self.is_complete else commit_document(commit, None)
        hidden = _NOT_OF_A_HISTORY if self.is_complete else _NOT_OF_A_HISTORY | _COMPLETE
        shown = {name: value for name, value in document.items() if name not in hidden}
        return shown | (_difference(entry.change) if self.shows_change else {})

    async def _complete(self, entry: HistoryEntry) -> dict[str, Json]:
        """With the commit behind it, where a log shows one."""
        at = NamedRevision(commit=entry.commit.id)
        page = await self.kernel.history.log(self.resource.database, at, current(), count=2)
        commit, *behind = page.commits
        return entry_of(commit, behind[0])[1] if behind else commit_document(commit, None)


def _difference(change: Change) -> dict[str, Json]:
    """What the commit did to the document; of a deletion nothing is told beyond that."""
    if change.kind is ChangeKind.DELETED:
        return {}
    return {"diff": document_difference(*versions_of(change), Style())}


async def _ends(past: _Past, first: DocumentHistoryPage, names: list[str], document_id: str) -> Json:
    """The newest commits that made the document, and that wrote it."""
    found: dict[str, Json] = {}
    async with aclosing(past.entries(first)) as pages:
        async for page in pages:
            for entry in page:
                kinds = {"created": entry.change.kind is ChangeKind.CREATED, "updated": entry.change.after is not None}
                found |= {name: await past.told(entry) for name in names if name not in found and kinds[name]}
            if len(found) == len(names):
                break
    if not found:
        raise document_not_found(document_id)
    return found


async def _window(past: _Past, first: DocumentHistoryPage, start: int, count: int) -> Bodies:
    left = count
    async with aclosing(past.entries(first)) as pages:
        async for page in pages:
            shown = page[start:] if left < 0 else page[start : start + left]
            start = max(0, start - len(page))
            left = left if left < 0 else left - len(shown)
            yield [encode(await past.told(entry)) for entry in shown]
            if left == 0:
                return


async def _lines(bodies: Bodies) -> AsyncGenerator[bytes, None]:
    async with aclosing(bodies) as batches:
        async for batch in batches:
            yield b"".join(body + b"\n" for body in batch)
