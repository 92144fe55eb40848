"""The monolith's use cases together, as its doors get them."""

from dataclasses import dataclass
from typing import Self

from oms.application.object_types import ObjectTypes
from oms.application.objects import Objects
from oms.application.ports import DatabaseForCall, SchemaAnnouncer


@dataclass(frozen=True, slots=True)
class Oms:
    """Object types, and the objects they describe."""

    object_types: ObjectTypes
    objects: Objects

    @classmethod
    def build(cls, database: DatabaseForCall, announcer: SchemaAnnouncer) -> Self:
        """The use cases over what serves the call."""
        object_types = ObjectTypes(database, announcer)
        return cls(object_types, Objects(database, object_types))
