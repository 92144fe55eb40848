"""The prefixes of a branch: how ids and class names are written short and in full."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Graph, StoredDocument
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import Json, decode
from shared.context import CallContext

_BEGINS_AS_IRI = "://"
STANDARD: Mapping[str, str] = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sys": "http://terminusdb.com/schema/sys#",
    "xdd": "http://terminusdb.com/schema/xdd#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefixes that every state has."""
CONTEXT_IRI = "terminusdb://context"
"""Under this id the context of a schema graph is a document."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """The prefixes of one state: `@base` and `@schema`, and those with a name of their own."""

    by_name: Mapping[str, str]
    metadata: Json = None
    """The context's `@metadata`, which is shown beside the prefixes."""

    @classmethod
    def of(cls, database: Database, context_document: StoredDocument | None) -> Self:
        """Those of the state's context, else those of the database."""
        told = decode(context_document.body) if context_document is not None else None
        members = {**database.prefixes, **(told if isinstance(told, dict) else {})}
        by_name = {name: uri for name, uri in members.items() if isinstance(uri, str) and name != "@type"}
        return cls(by_name, members.get("@metadata"))

    @property
    def shown(self) -> dict[str, Json]:
        """The prefixes as a context."""
        metadata = {} if self.metadata is None else {"@metadata": self.metadata}
        return {"@type": "Context", **self.by_name, **metadata}

    @property
    def base(self) -> str:
        """What ids begin with in full."""
        return self.by_name["@base"]

    @property
    def schema(self) -> str:
        """What names of classes and properties begin with in full."""
        return self.by_name["@schema"]

    def full_id(self, document_id: str) -> str:
        """The IRI of a document."""
        return self._full(document_id, self.base)

    def short_id(self, document_id: str) -> str:
        """The id as it is stored."""
        return self._short(document_id, self.base)

    def full_name(self, name: str) -> str:
        """The IRI of a class or a property."""
        return self._full(name, self.schema)

    def short_name(self, name: str) -> str:
        """The name as it is stored."""
        return self._short(name, self.schema)

    def _full(self, text: str, base: str) -> str:
        prefix, colon, rest = text.partition(":")
        if not colon:
            return f"{base}{text}"
        if rest.startswith("//"):
            return text
        known = self.by_name.get(prefix) or STANDARD.get(prefix)
        return f"{known}{rest}" if known else f"{base}{text}"

    def _short(self, text: str, base: str) -> str:
        """Without the base, else by the longest prefix that the text begins with."""
        if text.startswith(base):
            return text.removeprefix(base)
        fitting = [name for name, uri in self.by_name.items() if text.startswith(uri) and not name.startswith("@")]
        if not fitting:
            return text
        longest = max(fitting, key=lambda name: len(self.by_name[name]))
        return f"{longest}:{text.removeprefix(self.by_name[longest])}"


async def prefixes_of(kernel: Kernel, database: str, revision: NamedRevision, context: CallContext) -> Prefixes:
    """The prefixes of a state."""
    found = await kernel.reads.get(database, revision, [CONTEXT_ID], context, Graph.SCHEMA)
    return Prefixes.of(found.database, found.documents[0])


def may_be_full(text: str) -> bool:
    """Whether a text could be an IRI, so that prefixes matter."""
    return _BEGINS_AS_IRI in text
