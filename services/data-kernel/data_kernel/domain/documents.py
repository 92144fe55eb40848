"""Documents as the store keeps them, and the changes a commit makes to them."""

from dataclasses import dataclass
from enum import StrEnum


class Graph(StrEnum):
    """The two graphs of a branch: its documents, and the classes they are held to."""

    INSTANCE = "instance"
    SCHEMA = "schema"


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One document of a state: id (`Type/key`; in the schema graph the class name), class name, canonical bytes."""

    id: str
    type: str
    body: bytes


class ChangeKind(StrEnum):
    """What happened to a document."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One document before and after; `None` is its absence. `before` and `after` are canonical bytes and differ.

    `references` are the ids of the documents that `after` refers to, none where it is gone.
    """

    graph: Graph
    id: str
    type: str
    before: bytes | None
    after: bytes | None
    references: frozenset[str] = frozenset()

    @property
    def kind(self) -> ChangeKind:
        """What happened."""
        if self.before is None:
            return ChangeKind.CREATED
        return ChangeKind.DELETED if self.after is None else ChangeKind.UPDATED
