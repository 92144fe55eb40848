"""What refused a write of documents or classes, told as TerminusDB tells it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from data_kernel.api.terminusdb.identities import Subject, identified, schema_of
from data_kernel.api.terminusdb.left_references import left_references
from data_kernel.api.terminusdb.prefixes import Prefixes, prefixes_of
from data_kernel.api.terminusdb.refusals import Refusal, already_exists, document_not_found, named_repeatedly
from data_kernel.api.terminusdb.resources import Resource
from data_kernel.api.terminusdb.schema_explanations import SchemaExplanation
from data_kernel.api.terminusdb.witnesses import check_failure, schema_check_failure
from data_kernel.api.terminusdb.written import Written
from data_kernel.application.kernel import Kernel
from data_kernel.domain.documents import Graph
from shared.canonical import Json, decode
from shared.context import current
from shared.errors import AlreadyExists, InvalidInput, NotFound, OmsError, ValidationFailed

_MAX_TARGETS = 100
_NOT_THERE = {"id", "class_names"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Knows what a write was about: the documents that it gave, or the ids that it named."""

    kernel: Kernel
    resource: Resource
    graph: Graph
    documents: Sequence[Json] = ()
    ids: Sequence[str] = ()

    async def of(self, error: OmsError) -> OmsError:
        """The refusal that stands for an error; the error itself where TerminusDB has none of its kind."""
        if isinstance(error, Refusal):
            return error
        of_classes = SchemaExplanation(self.kernel, self.resource, self.documents)
        told = await of_classes.of(error) if self.graph is Graph.SCHEMA else None
        return told or await self._of_documents(error)

    async def _of_documents(self, error: OmsError) -> OmsError:
        match error:
            case ValidationFailed() if any(each.rule == "referenced" for each in error.violations):
                return await self._still_referred_to(error)
            case ValidationFailed():
                written = Written(await schema_of(self.kernel, self.resource), await self._subjects())
                return schema_check_failure(error, await self._prefixes(), written)
            case NotFound() if error.field in _NOT_THERE:
                return await self._not_found()
            case AlreadyExists():
                return await self._already_there(error)
            case InvalidInput(field="id"):
                return await self._repeated(error)
        return error

    async def _still_referred_to(self, error: ValidationFailed) -> Refusal:
        """What would stay and refer to documents that were to go; at most a hundred of these are looked at."""
        context, database, revision = current(), self.resource.database, self.resource.revision(current())
        schema, prefixes = await schema_of(self.kernel, self.resource), await self._prefixes()
        targets = {each.path.partition("#")[0] for each in error.violations if each.rule == "referenced"}
        found = await self.kernel.reads.referrers(database, revision, sorted(targets)[:_MAX_TARGETS], context)
        written = {each.id: each.body for each in await self._subjects()}
        elsewhere = (decode(each.body) for each in found if each.id not in {*targets, *written})
        staying = chain(written.values(), elsewhere)
        left = (one for each in staying for one in left_references(schema, each, targets))
        return check_failure(error, [each.witness(prefixes) for each in left])

    async def _not_found(self) -> Refusal:
        absent = await self._first(present=False)
        return document_not_found(await self._full(absent.id), absent.document)

    async def _already_there(self, error: AlreadyExists) -> Refusal:
        there = await self._first(present=True)
        members: dict[str, Json] = {"api:document_id": await self._full(there.id)} if there.id else {}
        told = {"api:document": there.document} if there.document is not None else {}
        return already_exists(error, "api:DocumentIdAlreadyExists", members | told)

    async def _repeated(self, error: InvalidInput) -> Refusal:
        times = Counter(each.id for each in await self._subjects() if each.id)
        return named_repeatedly(error, [await self._full(each) for each, count in times.items() if count > 1])

    async def _first(self, *, present: bool) -> Subject:
        """The first of the subjects that is there, or is not."""
        subjects = [each for each in await self._subjects() if each.id]
        context = current()
        revision, ids = self.resource.revision(context), [each.id for each in subjects]
        found = await self.kernel.reads.get(self.resource.database, revision, ids, context, self.graph)
        pairs = zip(subjects, found.documents, strict=True)
        return next((each for each, document in pairs if (document is not None) is present), Subject(""))

    async def _subjects(self) -> list[Subject]:
        prefixes = await self._prefixes()
        if self.graph is Graph.SCHEMA:
            given = [str(each.get("@id", "")) for each in self.documents if isinstance(each, dict)]
            named = [Subject(each) for each in self.ids]
            pairs = zip(given, self.documents, strict=False)
            return [*named, *(Subject(prefixes.short_name(name), document) for name, document in pairs)]
        named = [Subject(prefixes.short_id(each)) for each in self.ids]
        return [*named, *await identified(self.kernel, self.resource, self.documents)]

    async def _full(self, short: str) -> str:
        return (await self._prefixes()).full_id(short) if short and self.graph is Graph.INSTANCE else short

    async def _prefixes(self) -> Prefixes:
        context = current()
        return await prefixes_of(self.kernel, self.resource.database, self.resource.revision(context), context)
