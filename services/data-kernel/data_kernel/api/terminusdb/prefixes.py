"""The prefixes of a branch: how ids and class names are written short and in full."""

from dataclasses import dataclass
from typing import Self

from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Graph, StoredDocument
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import decode
from shared.context import CallContext

_BEGINS_AS_IRI = "://"


@dataclass(frozen=True, slots=True)
class Prefixes:
    """`@base` and `@schema` of one state."""

    base: str
    schema: str

    @classmethod
    def of(cls, database: Database, context_document: StoredDocument | None) -> Self:
        """Those of the state's context, else those of the database."""
        told = decode(context_document.body) if context_document is not None else None
        prefixes = {**database.prefixes, **(told if isinstance(told, dict) else {})}
        return cls(str(prefixes["@base"]), str(prefixes["@schema"]))

    def full_id(self, document_id: str) -> str:
        """The IRI of a document."""
        return f"{self.base}{document_id}"

    def short_id(self, document_id: str) -> str:
        """The id as it is stored."""
        return document_id.removeprefix(self.base)

    def full_name(self, name: str) -> str:
        """The IRI of a class or a property."""
        return f"{self.schema}{name}"

    def short_name(self, name: str) -> str:
        """The name as it is stored."""
        return name.removeprefix(self.schema)


async def prefixes_of(kernel: Kernel, database: str, revision: NamedRevision, context: CallContext) -> Prefixes:
    """The prefixes of a state."""
    found = await kernel.reads.get(database, revision, [CONTEXT_ID], context, Graph.SCHEMA)
    return Prefixes.of(found.database, found.documents[0])


def may_be_full(text: str) -> bool:
    """Whether a text could be an IRI, so that prefixes matter."""
    return _BEGINS_AS_IRI in text
