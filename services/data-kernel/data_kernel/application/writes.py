"""Writing documents and classes: each call is one commit."""

from collections.abc import Sequence

from data_kernel.application.addressing import Addresses
from data_kernel.application.hooks import CommitHookPipeline, WriteCommand, WriteOptions
from data_kernel.application.ids import check_id
from data_kernel.application.planning import Planners, PutMode
from data_kernel.application.ports import Planner, WriteOutcome
from data_kernel.application.raw_documents import RawDocuments
from data_kernel.application.replacement import replacement
from data_kernel.application.schemas import SchemaCache
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Graph
from shared.canonical import Json, encode
from shared.context import CallContext
from shared.errors import InvalidInput, TooLarge
from shared.limits import Limits


class Writes:
    """The use cases that write. Errors are those of `Planners` and `CommitHookPipeline`, and `TooLarge`."""

    def __init__(
        self, pipeline: CommitHookPipeline, addresses: Addresses, schemas: SchemaCache, limits: Limits
    ) -> None:
        self._pipeline = pipeline
        self._addresses = addresses
        self._schemas = schemas
        self._limits = limits

    async def put(
        self,
        database: str,
        documents: Sequence[Json],
        mode: PutMode,
        options: WriteOptions,
        context: CallContext,
        *,
        size_bytes: int,
        if_match: str | None = None,
    ) -> WriteOutcome:
        """Write documents, which came in `size_bytes` altogether."""
        self._check_count(len(documents), "documents")
        self._check_sizes(documents, size_bytes)
        known, planners = await self._planners(database, context)
        if mode is PutMode.INSERT:
            planner = planners.insert(documents)
        elif mode is PutMode.REPLACE:
            planner = planners.replace(documents, if_match=if_match)
        else:
            planner = planners.upsert(documents, if_match=if_match)
        return await self._run(known, Graph.INSTANCE, planner, options, context)

    async def put_raw(
        self,
        database: str,
        documents: Sequence[Json],
        mode: PutMode,
        options: WriteOptions,
        context: CallContext,
        *,
        size_bytes: int,
    ) -> WriteOutcome:
        """Write raw JSON, which came in `size_bytes` altogether."""
        self._check_count(len(documents), "documents")
        self._check_sizes(documents, size_bytes)
        known = await self._addresses.database(database, context)
        planner = RawDocuments(known.prefixes["@base"]).put(documents, mode)
        return await self._run(known, Graph.INSTANCE, planner, options, context)

    async def replace_all(
        self,
        database: str,
        documents: Sequence[Json],
        options: WriteOptions,
        context: CallContext,
        *,
        size_bytes: int,
    ) -> WriteOutcome:
        """Make these all the documents that there are: write them, and delete all others."""
        limit = self._limits.documents_per_request
        if len(documents) > limit:
            raise TooLarge(f"documents: {len(documents)} are more than {limit}", field="documents")
        self._check_sizes(documents, size_bytes)
        known, planners = await self._planners(database, context)
        planner = replacement(planners.upsert(documents), limit)
        return await self._run(known, Graph.INSTANCE, planner, options, context)

    async def merge_patch(
        self,
        database: str,
        document_id: str,
        patch: Json,
        options: WriteOptions,
        context: CallContext,
        *,
        if_match: str | None = None,
    ) -> WriteOutcome:
        """Apply a JSON Merge Patch (RFC 7396)."""
        check_id(document_id, self._limits)
        known, planners = await self._planners(database, context)
        planner = planners.merge_patch(document_id, patch, if_match=if_match)
        return await self._run(known, Graph.INSTANCE, planner, options, context)

    async def json_patch(
        self,
        database: str,
        document_id: str,
        operations: Json,
        options: WriteOptions,
        context: CallContext,
        *,
        if_match: str | None = None,
    ) -> WriteOutcome:
        """Apply a JSON Patch (RFC 6902)."""
        check_id(document_id, self._limits)
        known, planners = await self._planners(database, context)
        planner = planners.json_patch(document_id, operations, if_match=if_match)
        return await self._run(known, Graph.INSTANCE, planner, options, context)

    async def delete(
        self,
        database: str,
        document_ids: Sequence[str],
        options: WriteOptions,
        context: CallContext,
        *,
        if_match: str | None = None,
    ) -> WriteOutcome:
        """Delete documents, each of which must be there."""
        self._check_count(len(document_ids), "ids")
        for document_id in document_ids:
            check_id(document_id, self._limits)
        known, planners = await self._planners(database, context)
        planner = planners.delete(document_ids, if_match=if_match)
        return await self._run(known, Graph.INSTANCE, planner, options, context)

    async def put_schema(
        self,
        database: str,
        classes: Sequence[Json],
        mode: PutMode,
        options: WriteOptions,
        context: CallContext,
        *,
        full: bool = False,
        operations: Json = None,
    ) -> WriteOutcome:
        """Write class documents, with `full` deleting those not named, after the `operations` of a migration.

        A service's own main branch begins with its first such commit.
        """
        if operations is None:
            self._check_count(len(classes), "classes")
        known, planners = await self._planners(database, context)
        planner = planners.put_schema(classes, mode, full=full, operations=operations)
        return await self._run(known, Graph.SCHEMA, planner, options, context)

    async def migrate(
        self, database: str, operations: Json, options: WriteOptions, context: CallContext
    ) -> WriteOutcome:
        """Change classes by operations, and the documents along, in one commit.

        The ids of the outcome are those of the documents that an operation changed, once for each time.
        """
        known, planners = await self._planners(database, context)
        return await self._run(known, Graph.SCHEMA, planners.migrate(operations), options, context)

    async def delete_schema(
        self, database: str, class_names: Sequence[str], options: WriteOptions, context: CallContext
    ) -> WriteOutcome:
        """Delete classes without documents."""
        self._check_count(len(class_names), "class_names")
        for name in class_names:
            check_id(name, self._limits)
        known, planners = await self._planners(database, context)
        return await self._run(known, Graph.SCHEMA, planners.delete_schema(class_names), options, context)

    async def _planners(self, database: str, context: CallContext) -> tuple[Database, Planners]:
        known = await self._addresses.database(database, context)
        return known, Planners(known, self._schemas)

    async def _run(
        self, database: Database, graph: Graph, planner: Planner, options: WriteOptions, context: CallContext
    ) -> WriteOutcome:
        return await self._pipeline.run(WriteCommand(database, graph, planner, options), context)

    def _check_count(self, count: int, field: str) -> None:
        if count == 0:
            raise InvalidInput(f"{field}: there are none", field=field)
        limit = self._limits.documents_per_request
        if count > limit:
            raise TooLarge(f"{field}: {count} are more than {limit}", field=field)

    def _check_sizes(self, documents: Sequence[Json], size_bytes: int) -> None:
        limit = self._limits.document_bytes
        if size_bytes <= limit:
            return
        for position, document in enumerate(documents):
            size = size_bytes if len(documents) == 1 else len(encode(document))
            if size > limit:
                raise TooLarge(f"documents/{position}: {size} bytes are more than {limit}", field="documents")
