"""The monolith's use cases together, as its doors get them."""

from dataclasses import dataclass
from typing import Self

from oms.application.bulk_import import BulkImport
from oms.application.jobs import Jobs
from oms.application.link_types import LinkTypes
from oms.application.links import Links
from oms.application.migration import Migration
from oms.application.object_types import ObjectTypes
from oms.application.objects import Objects
from oms.application.ports import DatabaseForCall, MigrationBoard, SchedulerForJob, SchemaAnnouncer, SearchForCall
from oms.application.search import Search
from shared.limits import Limits


@dataclass(frozen=True, slots=True)
class Oms:
    """The ontology, the objects it describes, and the way out of the monolith."""

    object_types: ObjectTypes
    link_types: LinkTypes
    objects: Objects
    links: Links
    bulk_import: BulkImport
    search: Search
    jobs: Jobs
    migration: Migration

    @classmethod
    def build(
        cls,
        database: DatabaseForCall,
        announcer: SchemaAnnouncer,
        search: SearchForCall,
        scheduler: SchedulerForJob,
        board: MigrationBoard,
        limits: Limits,
    ) -> Self:
        """The use cases over what serves the call."""
        object_types = ObjectTypes(database, announcer)
        return cls(
            object_types=object_types,
            link_types=LinkTypes(database, announcer),
            objects=Objects(database, object_types),
            links=Links(database),
            bulk_import=BulkImport(database, object_types, limits),
            search=Search(search, database),
            jobs=Jobs(scheduler),
            migration=Migration(board),
        )
