"""What refused a write of documents or classes, told as TerminusDB tells it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from data_kernel.api.terminusdb.prefixes import Prefixes, prefixes_of
from data_kernel.api.terminusdb.refusals import Refusal, already_exists, document_not_found, named_repeatedly
from data_kernel.api.terminusdb.resources import Resource
from data_kernel.api.terminusdb.witnesses import schema_check_failure
from data_kernel.application.kernel import Kernel
from data_kernel.domain.documents import Graph
from shared.context import current
from shared.errors import AlreadyExists, InvalidInput, NotFound, OmsError, ValidationFailed

_NOT_THERE = {"id", "class_names"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Knows what a write was about: `ids` are those that the request gave (not those made from a key)."""

    kernel: Kernel
    resource: Resource
    graph: Graph
    ids: Sequence[str]

    async def of(self, error: OmsError) -> OmsError:
        """The refusal that stands for an error; the error itself where TerminusDB has none of its kind."""
        match error:
            case Refusal():
                return error
            case ValidationFailed():
                return schema_check_failure(error, await self._prefixes())
            case NotFound() if error.field in _NOT_THERE:
                return await self._not_found()
            case AlreadyExists():
                return await self._already_there(error)
            case InvalidInput(field="id"):
                return await self._repeated(error)
        return error

    async def _not_found(self) -> Refusal:
        absent = await self._first(present=False)
        return document_not_found(absent or "")

    async def _already_there(self, error: AlreadyExists) -> Refusal:
        there = await self._first(present=True)
        named = {"api:document_id": there} if there else {}
        return already_exists(error, "api:DocumentIdAlreadyExists", named)

    async def _repeated(self, error: InvalidInput) -> Refusal:
        prefixes = await self._prefixes()
        times = Counter(prefixes.short_id(each) for each in self.ids)
        repeated = [self._full(prefixes, each) for each, count in times.items() if count > 1]
        return named_repeatedly(error, repeated)

    async def _first(self, *, present: bool) -> str | None:
        """The first of the ids given that is there, or is not, in full."""
        if not self.ids:
            return None
        prefixes, context = await self._prefixes(), current()
        short = [prefixes.short_id(each) for each in self.ids]
        revision = self.resource.revision(context)
        found = await self.kernel.reads.get(self.resource.database, revision, short, context, self.graph)
        pairs = zip(short, found.documents, strict=True)
        return next((self._full(prefixes, each) for each, document in pairs if (document is not None) is present), None)

    def _full(self, prefixes: Prefixes, short: str) -> str:
        return prefixes.full_id(short) if self.graph is Graph.INSTANCE else short

    async def _prefixes(self) -> Prefixes:
        context = current()
        return await prefixes_of(self.kernel, self.resource.database, self.resource.revision(context), context)
