"""What a commit is built on and built of: the writer's view, and the plan made from it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from data_kernel.domain.documents import Change, Graph, StoredDocument


class WriterView(Protocol):
    """The state on which a commit is built, read inside the writer: exactly the parent that the commit will have."""

    @property
    def head(self) -> str | None:
        """The branch's head; `None` before the first commit."""

    @property
    def schema_version(self) -> str:
        """A text that changes whenever the schema graph of this branch does, so that a parsed schema can be kept."""

    def get(self, graph: Graph, document_id: str) -> StoredDocument | None:
        """The document, or `None`."""

    def scan(self, graph: Graph, type_name: str | None = None) -> Iterator[StoredDocument]:
        """The documents of a type, or all, in order of id bytes."""

    def referrers(self, document_id: str) -> Iterator[str]:
        """Ids of the documents that refer to this one, in order of id bytes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a commit is to do: ids to answer, in the request's order, and changes, at most one a document."""

    ids: tuple[str, ...]
    changes: tuple[Change, ...]


Planner = Callable[[WriterView], Plan]
"""Builds the changes on the writer's own state, without waiting for anything; raises `OmsError` to refuse."""
