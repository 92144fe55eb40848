"""The part of a state that a change leaves alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from data_kernel.application.ports import WriterView
from data_kernel.domain.documents import Graph, StoredDocument


@dataclass(frozen=True, slots=True)
class Remaining:
    """The state without the documents that are written: these are looked up among what is written alone."""

    view: WriterView
    written: frozenset[str]

    @property
    def head(self) -> str | None:
        """The branch's head."""
        return self.view.head

    @property
    def schema_version(self) -> str:
        """The version of the schema graph."""
        return self.view.schema_version

    def get(self, graph: Graph, document_id: str) -> StoredDocument | None:
        """The document, or `None`."""
        if graph is Graph.INSTANCE and document_id in self.written:
            return None
        return self.view.get(graph, document_id)

    def scan(self, graph: Graph, type_name: str | None = None) -> Iterator[StoredDocument]:
        """The documents of a type, or all."""
        hidden = self.written if graph is Graph.INSTANCE else frozenset()
        return (each for each in self.view.scan(graph, type_name) if each.id not in hidden)

    def referrers(self, document_id: str) -> Iterator[str]:
        """Ids of the documents that refer to this one."""
        return (each for each in self.view.referrers(document_id) if each not in self.written)
