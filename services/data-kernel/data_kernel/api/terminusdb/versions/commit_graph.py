"""The graphs about a database: its branches with their commits, and its one repository."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.resources import REPOSITORY, Kind, Resource
from data_kernel.api.terminusdb.versions.commit_documents import (
    INITIAL,
    VALID,
    commit_document_id,
    layer_document_id,
    layer_ids,
    version_of,
)
from data_kernel.api.terminusdb.versions.logs import Documents, Entry, Log
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.domain.databases import Branch
from shared.canonical import Json
from shared.context import CallContext, current

DATABASE_GRAPHS = frozenset({Kind.COMMIT_GRAPH, Kind.REPOSITORY_GRAPH})
BRANCH = "Branch"
LAYER = "layer:Layer"
_LOCAL = "Local"


async def branches_of(kernel: Kernel, database: str, context: CallContext) -> list[Branch]:
    """All branches in order of name."""
    page = await kernel.branches.page(database, context)
    found = list(page.branches)
    while page.next_page_token:
        page = await kernel.branches.page(database, context, page_token=page.next_page_token)
        found += page.branches
    return found


@dataclass(frozen=True, slots=True)
class DatabaseGraph:
    """One of the two graphs, as it is at this moment."""

    kernel: Kernel
    resource: Resource
    branches: list[Branch]
    context: CallContext

    @classmethod
    async def of(cls, kernel: Kernel, resource: Resource) -> "DatabaseGraph":
        """The graph that a resource names; `Refusal` where there is no such database."""
        context = current()
        with in_terms_of(resource):
            branches = await branches_of(kernel, resource.database, context)
        return cls(kernel, resource, branches, context)

    @property
    def version(self) -> str:
        """Changes whenever a branch does."""
        heads = [text for branch in self.branches for text in (branch.name, branch.head or "")]
        return version_of([self.resource.database, *heads])

    def documents(self, type_name: str) -> Documents:
        """The documents of a class, or all (empty)."""
        return self._repositories(type_name) if self.resource.kind is Kind.REPOSITORY_GRAPH else self._graph(type_name)

    async def _repositories(self, type_name: str) -> Documents:
        layer = layer_document_id(version_of([Kind.COMMIT_GRAPH, self.version]))
        documents: list[dict[str, Json]] = [
            {"@id": f"{_LOCAL}/{REPOSITORY}", "@type": _LOCAL, "name": REPOSITORY, "head": layer},
            _layer_document(layer),
        ]
        yield _of_type(documents, type_name)

    async def _graph(self, type_name: str) -> Documents:
        if type_name in {"", BRANCH}:
            yield [await self._branch(branch) for branch in self.branches]
        if type_name not in {"", VALID, INITIAL, LAYER}:
            return
        layers: set[str] = set()
        async with aclosing(self._commits()) as batches:
            async for batch in batches:
                fresh = {layer for commit, _ in batch for layer in layer_ids(commit)} - layers
                layers |= fresh
                yield _of_type([document for _, document in batch], type_name)
                yield _of_type([_layer_document(layer) for layer in sorted(fresh)], type_name)

    async def _commits(self) -> AsyncGenerator[list[Entry], None]:
        """Every commit behind a branch, once."""
        seen: set[str] = set()
        for head in (branch.head for branch in self.branches if branch.head):
            async with aclosing(self._line(head, seen)) as line:
                async for batch in line:
                    yield batch

    async def _line(self, head: str, seen: set[str]) -> AsyncGenerator[list[Entry], None]:
        """The commits behind a head that were not `seen` yet, which they are then."""
        log = self._log(head)
        async with aclosing(log.entries(await log.first())) as entries:
            async for batch in entries:
                fresh = [entry for entry in batch if entry[0].id not in seen]
                seen.update(commit.id for commit, _ in fresh)
                yield fresh
                if len(fresh) < len(batch):
                    # From here on the line is one that was shown before.
                    return

    async def _branch(self, branch: Branch) -> dict[str, Json]:
        document: dict[str, Json] = {"@id": f"{BRANCH}/{branch.name}", "@type": BRANCH, "name": branch.name}
        if not branch.head:
            return document
        history, at = self.kernel.history, NamedRevision(commit=branch.head)
        page = await history.log(self.resource.database, at, self.context, count=1)
        return document | {"head": commit_document_id(page.commits[0])}

    def _log(self, head: str) -> Log:
        return Log(self.kernel, self.resource.database, NamedRevision(commit=head), self.context)


def _layer_document(document_id: str) -> dict[str, Json]:
    return {"@id": document_id, "@type": LAYER, "layer:identifier": document_id.rpartition("_")[2]}


def _of_type(documents: list[dict[str, Json]], type_name: str) -> list[dict[str, Json]]:
    return [each for each in documents if type_name in {"", each["@type"]}]
