"""The state that a planner sees, read on the writer's own connection."""

from collections.abc import Iterator
from dataclasses import replace

from data_kernel.adapters.embedded.commits.contents import Content
from data_kernel.adapters.embedded.documents import reads
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.application.ports import ScanQuery
from data_kernel.domain.documents import Graph, StoredDocument


class EmbeddedWriterView:
    """A `WriterView` over a commit as the changes before in the group have left it."""

    def __init__(self, access: Access, content: Content, head: str | None) -> None:
        self._access = access
        self._content = content
        self._head = head

    @property
    def head(self) -> str | None:
        """As the port says."""
        return self._head

    @property
    def schema_version(self) -> str:
        """The hash of the schema graph: the same classes have the same version on every branch."""
        return self._content.schema.root_hash.hex()

    def get(self, graph: Graph, document_id: str) -> StoredDocument | None:
        """As the port says."""
        return reads.find(self._access, self._content, graph, document_id)

    def scan(self, graph: Graph, type_name: str | None = None) -> Iterator[StoredDocument]:
        """As the port says; no statement stays open between pages, so that the transaction can end at any time."""
        query: ScanQuery | None = ScanQuery(graph=graph, type_name=type_name)
        while query is not None:
            page = reads.scan_page(self._access, self._content, query)
            yield from page.documents
            query = None if page.resume_after is None else replace(query, after_id=page.resume_after)

    def referrers(self, document_id: str) -> Iterator[str]:
        """As the port says."""
        return reads.referrers(self._content, document_id)
