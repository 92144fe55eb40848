"""The prefixes of the state that a request is about."""

from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.domain.documents import Graph
from data_kernel.domain.prefixes import STANDARD, Prefixes
from data_kernel.domain.schema import CONTEXT_ID
from shared.context import CallContext

__all__ = ["CONTEXT_IRI", "STANDARD", "Prefixes", "may_be_full", "prefixes_of"]

CONTEXT_IRI = "terminusdb://context"
"""Under this id the context of a schema graph is a document."""
_BEGINS_AS_IRI = "://"


async def prefixes_of(kernel: Kernel, database: str, revision: NamedRevision, context: CallContext) -> Prefixes:
    """The prefixes of a state."""
    found = await kernel.reads.get(database, revision, [CONTEXT_ID], context, Graph.SCHEMA)
    return Prefixes.of(found.database, found.documents[0])


def may_be_full(text: str) -> bool:
    """Whether a text could be an IRI, so that prefixes matter."""
    return _BEGINS_AS_IRI in text
