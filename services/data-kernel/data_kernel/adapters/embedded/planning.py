"""The state that a planner sees, read on the writer's own connection."""

from collections.abc import Iterator
from dataclasses import replace

import apsw

from data_kernel.adapters.embedded import references, versions
from data_kernel.adapters.embedded.lines import Chain
from data_kernel.application.ports import ScanQuery
from data_kernel.domain.documents import Graph, StoredDocument


class EmbeddedWriterView:
    """A `WriterView` over the branch's head as the changes before in the group have left it."""

    def __init__(
        self, connection: apsw.Connection, database: int, chain: Chain, head: str | None, schema_commit: str
    ) -> None:
        self._connection = connection
        self._database = database
        self._chain = chain
        self._head = head
        self._schema_commit = schema_commit

    @property
    def head(self) -> str | None:
        """As the port says."""
        return self._head

    @property
    def schema_version(self) -> str:
        """The commit that last changed the schema graph: unlike a count, it never comes again after a group failed."""
        return self._schema_commit

    def get(self, graph: Graph, document_id: str) -> StoredDocument | None:
        """As the port says."""
        return versions.find(self._connection, self._chain, graph, document_id)

    def scan(self, graph: Graph, type_name: str | None = None) -> Iterator[StoredDocument]:
        """As the port says; no statement stays open between pages, so that the transaction can end at any time."""
        query: ScanQuery | None = ScanQuery(graph=graph, type_name=type_name)
        while query is not None:
            page = versions.scan_page(self._connection, self._database, self._chain, query)
            yield from page.documents
            query = None if page.resume_after is None else replace(query, after_id=page.resume_after)

    def referrers(self, document_id: str) -> Iterator[str]:
        """As the port says."""
        return references.referrers(self._connection, self._chain, document_id)
