"""Planners: what a write means, worked out on the state that the commit will have as its parent."""

from collections.abc import Callable, Sequence
from functools import partial

from data_kernel.application.document_plans import DocumentPlans
from data_kernel.application.ports import Plan, Planner, WriterView
from data_kernel.application.put_mode import PutMode
from data_kernel.application.schema_plans import SchemaPlans
from data_kernel.application.schemas import SchemaCache
from data_kernel.domain import patches
from data_kernel.domain.databases import Database
from data_kernel.domain.ids import RandomKey, random_key
from shared.canonical import Json
from shared.merge_patch import merge_patch

__all__ = ["Planners", "PutMode"]


class Planners:
    """Builds the planners for the documents and classes of one database.

    A planner raises `InvalidInput` for a malformed request or one that names a document twice, `AlreadyExists` or
    `NotFound`, `PreconditionFailed` where `if_match` is not the entity tag of every document named, and
    `ValidationFailed` with all violations of the request. The same planner may run again on another state.
    """

    def __init__(self, database: Database, schemas: SchemaCache, new_key: RandomKey = random_key) -> None:
        self._database = database
        self._schemas = schemas
        self._new_key = new_key

    def insert(self, documents: Sequence[Json]) -> Planner:
        """Create documents that are not there yet."""
        return self._of_documents(lambda plans: plans.put(documents, PutMode.INSERT, None))

    def replace(self, documents: Sequence[Json], *, if_match: str | None = None) -> Planner:
        """Replace documents that are there."""
        return self._of_documents(lambda plans: plans.put(documents, PutMode.REPLACE, if_match))

    def upsert(self, documents: Sequence[Json], *, if_match: str | None = None) -> Planner:
        """Create or replace documents; with `if_match` each must be there."""
        return self._of_documents(lambda plans: plans.put(documents, PutMode.UPSERT, if_match))

    def delete(self, document_ids: Sequence[str], *, if_match: str | None = None) -> Planner:
        """Delete documents that are there and that none of those that stay refers to."""
        return self._of_documents(lambda plans: plans.delete(document_ids, if_match))

    def merge_patch(self, document_id: str, patch: Json, *, if_match: str | None = None) -> Planner:
        """Apply a JSON Merge Patch (RFC 7396) to one document."""

        def change(document: Json) -> Json:
            return merge_patch(document, patch)

        return self._of_documents(lambda plans: plans.patch(document_id, change, if_match))

    def json_patch(self, document_id: str, operations: Json, *, if_match: str | None = None) -> Planner:
        """Apply a JSON Patch (RFC 6902) to one document."""
        change = partial(patches.json_patch, operations=operations, subject=document_id)
        return self._of_documents(lambda plans: plans.patch(document_id, change, if_match))

    def put_schema(
        self,
        classes: Sequence[Json],
        mode: PutMode = PutMode.UPSERT,
        *,
        full: bool = False,
        operations: Json = None,
    ) -> Planner:
        """Write classes, enums and the context; with `full` those not named are deleted, save for the context.

        `mode` does not apply to the context, which every branch has, nor with `full`. Documents that the new classes
        would break are violations; those that only take another form are changed along. `operations` are those of a
        migration that brings them to the new classes in the same commit.
        """
        return lambda view: SchemaPlans(self._database, self._schemas, view).put(
            classes, mode, full=full, operations=operations
        )

    def migrate(self, operations: Json) -> Planner:
        """Run a migration's operations over classes and documents; ids are the documents', once for each change."""
        return lambda view: SchemaPlans(self._database, self._schemas, view).migrate(operations)

    def delete_schema(self, names: Sequence[str]) -> Planner:
        """Delete classes and enums that neither documents nor other classes need."""
        return lambda view: SchemaPlans(self._database, self._schemas, view).delete(names)

    def _of_documents(self, plan: Callable[[DocumentPlans], Plan]) -> Planner:
        def planner(view: WriterView) -> Plan:
            schema = self._schemas.load(self._database, view)
            return plan(DocumentPlans(self._database.name, schema, view, self._new_key))

        return planner
