"""Which documents a request writes: their ids, as their classes make them."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_kernel.api.terminusdb.resources import Resource
from data_kernel.application.kernel import Kernel
from data_kernel.domain.schema import Schema, parse_schema
from data_kernel.domain.validation import elaborate
from shared.canonical import Json, decode
from shared.context import current


@dataclass(frozen=True, slots=True)
class Subject:
    """An id as it is stored (empty: it is random, or cannot be told), and the document with it.

    `body` is what would be stored, where nothing about the document itself is wrong.
    """

    id: str
    document: Json = None
    body: Json = None


async def schema_of(kernel: Kernel, resource: Resource) -> Schema:
    """The classes of the state as it is now."""
    context = current()
    graph = await kernel.reads.schema(resource.database, resource.revision(context), context)
    return parse_schema({each.id: decode(each.body) for each in graph.classes})


async def identified(kernel: Kernel, resource: Resource, documents: Sequence[Json]) -> list[Subject]:
    """The documents with their ids, by the classes of the state as it is now."""
    if not documents:
        return []
    schema = await schema_of(kernel, resource)
    return [_subject(schema, each) for each in documents if isinstance(each, dict)]


def _subject(schema: Schema, document: dict[str, Json]) -> Subject:
    # A key that is random comes out empty: it would be another one when the document is written.
    elaborated = elaborate(schema, document, new_key=str)
    document_id = "" if elaborated.id.endswith("/") else elaborated.id
    return Subject(document_id, document, decode(elaborated.body) if elaborated.body else None)


def merged(subjects: Sequence[Subject]) -> list[Json]:
    """The documents with those of one id made one: of a member that several have, the last holds."""
    by_id: dict[str, dict[str, Json]] = {}
    single: list[Json] = []
    for each in subjects:
        if not each.id or not isinstance(each.document, dict):
            single.append(each.document)
        elif each.id in by_id:
            by_id[each.id].update(each.document)
        else:
            by_id[each.id] = dict(each.document)
            single.append(by_id[each.id])
    return single
