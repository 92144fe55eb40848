"""Changing documents by differences: those that are given, or those that lead from one state to another."""

from collections.abc import Sequence

from data_kernel.application.addressing import Addresses, NamedRevision
from data_kernel.application.hooks import CommitHookPipeline, WriteCommand, WriteOptions
from data_kernel.application.ports import DocumentStore, Planner, WriteOutcome
from data_kernel.application.schemas import SchemaCache
from data_kernel.application.streams import closing
from data_kernel.application.versioning.patch_plans import PatchPlans
from data_kernel.domain.comparing import Style, document_difference, versions_of
from data_kernel.domain.databases import Database, State
from data_kernel.domain.documents import Change, Graph
from shared.canonical import Json
from shared.context import CallContext
from shared.errors import TooLarge
from shared.limits import Limits


class Patches:
    """The use cases that patch; each call is one commit.

    Errors: those of `PatchPlans` and `CommitHookPipeline`, and `TooLarge` for more documents than a request may name.
    """

    def __init__(
        self,
        store: DocumentStore,
        addresses: Addresses,
        pipeline: CommitHookPipeline,
        schemas: SchemaCache,
        limits: Limits,
    ) -> None:
        self._store = store
        self._addresses = addresses
        self._pipeline = pipeline
        self._schemas = schemas
        self._limit = limits.documents_per_request

    async def patch(
        self,
        database: str,
        patches: Sequence[Json],
        options: WriteOptions,
        context: CallContext,
        *,
        accepts_final: bool,
    ) -> WriteOutcome:
        """Apply differences of documents; the outcome's ids are theirs, in order."""
        self._check_count(len(patches), "patch")
        known = await self._addresses.database(database, context)
        planner = PatchPlans(known, self._schemas).apply(patches, accepts_final=accepts_final)
        return await self._run(known, planner, options, context)

    async def apply(
        self,
        database: str,
        old: NamedRevision,
        new: NamedRevision,
        options: WriteOptions,
        context: CallContext,
        *,
        accepts_final: bool,
    ) -> WriteOutcome:
        """Do on the branch what leads from `old` to `new`, to documents only: classes stay as they are."""
        known = await self._addresses.database(database, context)
        before, after = [
            await self._store.resolve(known.name, self._addresses.revision(known, each, context)) for each in (old, new)
        ]
        style = Style()
        changes = await self._differences(known, before, after)
        versions = {each.id: versions_of(each) for each in changes}
        patches = [document_difference(*each, style) for each in versions.values()]
        finals = {document_id: final for document_id, (_, final) in versions.items() if final is not None}
        planner = PatchPlans(known, self._schemas).apply(patches, accepts_final=accepts_final, finals=finals)
        return await self._run(known, planner, options, context)

    async def _differences(self, database: Database, old: State, new: State) -> list[Change]:
        found: list[Change] = []
        async with closing(self._store.diff(database.name, old, new)) as batches:
            async for batch in batches:
                found += batch
                self._check_count(len(found), "after_commit")
        return found

    async def _run(
        self, database: Database, planner: Planner, options: WriteOptions, context: CallContext
    ) -> WriteOutcome:
        return await self._pipeline.run(WriteCommand(database, Graph.INSTANCE, planner, options), context)

    def _check_count(self, count: int, field: str) -> None:
        if count > self._limit:
            raise TooLarge(f"{field}: {count} documents are more than {self._limit}", field=field)
