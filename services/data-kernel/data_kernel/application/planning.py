"""Planners: what a write means, worked out on the state that the commit will have as its parent."""

from collections.abc import Sequence
from enum import StrEnum

from data_kernel.application.ports import Planner
from data_kernel.application.schemas import SchemaCache
from data_kernel.domain.databases import Database
from data_kernel.domain.ids import RandomKey, random_key
from shared.canonical import Json


class PutMode(StrEnum):
    """What a put expects of what it writes: absent, there, or either."""

    INSERT = "insert"
    REPLACE = "replace"
    UPSERT = "upsert"


class Planners:
    """Builds the planners for the documents and classes of one database.

    Each planner raises `ValidationFailed` with all violations of the request, `NotFound`, `AlreadyExists`,
    `PreconditionFailed` where `if_match` is not the entity tag of every document named, or `InvalidInput`.
    """

    def __init__(self, database: Database, schemas: SchemaCache, new_key: RandomKey = random_key) -> None:
        self._database = database
        self._schemas = schemas
        self._new_key = new_key

    def insert(self, documents: Sequence[Json]) -> Planner:
        """Create documents that are not there yet."""
        raise NotImplementedError

    def replace(self, documents: Sequence[Json], *, if_match: str | None = None) -> Planner:
        """Replace documents that are there."""
        raise NotImplementedError

    def upsert(self, documents: Sequence[Json], *, if_match: str | None = None) -> Planner:
        """Create or replace documents."""
        raise NotImplementedError

    def delete(self, document_ids: Sequence[str], *, if_match: str | None = None) -> Planner:
        """Delete documents that are there."""
        raise NotImplementedError

    def merge_patch(self, document_id: str, patch: Json, *, if_match: str | None = None) -> Planner:
        """Apply a JSON Merge Patch (RFC 7396) to one document."""
        raise NotImplementedError

    def json_patch(self, document_id: str, operations: Json, *, if_match: str | None = None) -> Planner:
        """Apply a JSON Patch (RFC 6902) to one document."""
        raise NotImplementedError

    def put_schema(self, classes: Sequence[Json], mode: PutMode = PutMode.UPSERT, *, full: bool = False) -> Planner:
        """Write classes, enums and the context; with `full` those not named are deleted."""
        raise NotImplementedError

    def delete_schema(self, names: Sequence[str]) -> Planner:
        """Delete classes and enums."""
        raise NotImplementedError
