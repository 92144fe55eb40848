"""Finds out what a refused change of the schema graph was about, so that it can be told as TerminusDB tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_kernel.api.terminusdb.classes.prefixes import Prefixes, prefixes_of
from data_kernel.api.terminusdb.refusing.refusals import Refusal
from data_kernel.api.terminusdb.refusing.schema_refusals import missing_field, schema_refusal
from data_kernel.api.terminusdb.refusing.stored_witnesses import StoredWitnesses
from data_kernel.api.terminusdb.resources import Resource
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.application.reads import ListQuery
from data_kernel.domain.databases import State
from data_kernel.domain.documents import StoredDocument
from data_kernel.domain.frames import ClassDocuments
from data_kernel.domain.shapes import Shapes
from shared.canonical import Json, decode
from shared.context import current
from shared.errors import InvalidInput, OmsError, ValidationFailed


@dataclass(frozen=True, slots=True)
class SchemaExplanation:
    """Knows which class documents a change gave; those that it did not name are there as they were."""

    kernel: Kernel
    resource: Resource
    documents: Sequence[Json] = ()

    async def of(self, error: OmsError) -> OmsError | None:
        """The refusal that stands for an error; `None` where this knows nothing of its kind."""
        match error:
            case ValidationFailed():
                return await self._violations(error)
            case InvalidInput(field=str(field)) if field.endswith("/@id"):
                return missing_field(error, "@id", self.documents[int(field.split("/")[1])])
        return None

    async def _violations(self, error: ValidationFailed) -> Refusal:
        context, database = current(), self.resource.database
        revision = self.resource.revision(context)
        prefixes = await prefixes_of(self.kernel, database, revision, context)
        state = (await self.kernel.reads.listing(ListQuery(database, revision), context)).state
        before = await self.kernel.shapes.classes(database, state)
        after = {**before, **self._given(prefixes)}
        documents = await self._broken(error, after, state)
        return schema_refusal(
            error, prefixes, after, StoredWitnesses(prefixes, Shapes(before), Shapes(after), documents)
        )

    def _given(self, prefixes: Prefixes) -> dict[str, dict[str, Json]]:
        objects = (each for each in self.documents if isinstance(each, dict))
        return {prefixes.short_name(str(each.get("@id", ""))): each for each in objects}

    async def _broken(
        self, error: ValidationFailed, classes: ClassDocuments, state: State
    ) -> dict[str, Mapping[str, Json]]:
        """The stored documents that violations are about, and the first one of each class that is in use."""
        subjects = {each.path.partition("#")[0]: each.rule for each in error.violations}
        found: list[StoredDocument | None] = []
        if ids := [each for each in subjects if each and each not in classes]:
            got = await self.kernel.reads.get(self.resource.database, _at(state), ids, current())
            found += got.documents
        for name in (each for each, rule in subjects.items() if rule == "class_in_use"):
            found += await self._first(name, state)
        decoded = ((each.id, decode(each.body)) for each in found if each is not None)
        return {document_id: body for document_id, body in decoded if isinstance(body, dict)}

    async def _first(self, class_name: str, state: State) -> list[StoredDocument]:
        query = ListQuery(self.resource.database, _at(state), type_name=class_name, count=1)
        listing = await self.kernel.reads.listing(query, current())
        return [document async for batch in listing.batches() for document in batch]


def _at(state: State) -> NamedRevision:
    return NamedRevision(commit=state.commit or "", branch="" if state.commit else state.branch or "")
