"""Reading documents and classes: `GET` and `HEAD /api/document/{path}`."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import Bodies, at_once, documents_answer, encoded, version_headers
from data_kernel.api.terminusdb.commit_graph import DATABASE_GRAPHS, DatabaseGraph
from data_kernel.api.terminusdb.failures import in_terms_of
from data_kernel.api.terminusdb.parameters import DataVersion, Parameters, resource_of
from data_kernel.api.terminusdb.prefixes import Prefixes, may_be_full, prefixes_of
from data_kernel.api.terminusdb.refusals import Refusal, document_not_found, not_offered
from data_kernel.api.terminusdb.resources import Kind, Resource
from data_kernel.application.kernel import Kernel
from data_kernel.application.reads import Documents, ListQuery
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Graph, StoredDocument
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import Json, decode
from shared.context import current
from shared.errors import InvalidInput, TooLarge


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request reads: one document, several, or those of a type (empty: all)."""

    graph: Graph
    document_id: str
    ids: tuple[str, ...] | None
    type_name: str
    skip: int
    count: int | None
    as_list: bool

    @classmethod
    def of(cls, parameters: Parameters) -> "Asked":
        """Read the parameters; `Refusal` for a bad one, and for what is not offered."""
        _refuse_other_forms(parameters)
        ids = parameters.text("ids")
        return cls(
            graph=parameters.graph(),
            document_id=parameters.text("id"),
            ids=None if not ids else _ids(ids),
            type_name=parameters.text("type"),
            skip=parameters.natural("skip") or 0,
            count=parameters.natural("count"),
            as_list=parameters.flag("as_list"),
        )

    @property
    def wanted(self) -> Sequence[str] | None:
        """Ids of the documents that are named; `None` where a listing is asked for."""
        return [self.document_id] if self.document_id else self.ids

    def window(self, documents: Sequence[StoredDocument]) -> list[bytes]:
        """`skip` and `count` over documents that are in memory."""
        end = None if self.count is None else self.skip + self.count
        return [document.body for document in islice(documents, self.skip, end)]


def _refuse_other_forms(parameters: Parameters) -> None:
    for name in ("compress_ids", "prefixed"):
        if not parameters.flag(name, default=True):
            raise not_offered(f"{name}=false", name)
    for name in ("minimized", "unfold"):
        parameters.flag(name)
    if parameters.given.get("format", "json") != "json":
        raise not_offered("another format than json", "format")
    if "query" in parameters.given:
        raise not_offered("a template query", "query")


def _ids(text: str) -> tuple[str, ...]:
    try:
        value = decode(text, field="ids")
    except InvalidInput as error:
        raise Refusal(
            error, kind="api:JSONInvalid", text="Submitted JSON data is invalid", beside={"api:what": "illegal_json"}
        ) from error
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidInput("ids: it is a JSON array of texts", field="ids")
    return tuple(str(each) for each in value)


async def head_documents(request: Request, kernel: TheKernel) -> Response:
    """The data version of a resource."""
    resource = resource_of(request, "document")
    Parameters.of(request).graph()
    if resource.kind in DATABASE_GRAPHS:
        graph = await DatabaseGraph.of(kernel, resource)
        return Response(headers=version_headers(resource, graph.version))
    _refuse_system(resource)
    state = await state_of(kernel, resource)
    return Response(headers=version_headers(resource, state.commit))


async def get_documents(request: Request, kernel: TheKernel) -> Response:
    """Documents of one state, as a stream of objects or as an array."""
    return await answer_documents(request, kernel, None)


async def answer_documents(request: Request, kernel: Kernel, overriding: Json) -> Response:
    """As asked for by the query, or by the body of a request that stands for a GET."""
    resource = resource_of(request, "document")
    asked = Asked.of(Parameters.of(request, overriding))
    expected = DataVersion(request)
    if resource.kind in DATABASE_GRAPHS:
        graph = await DatabaseGraph.of(kernel, resource)
        expected.check(resource, graph.version)
        bodies = encoded(graph.documents(asked.type_name))
        return documents_answer(bodies, version_headers(resource, graph.version), as_list=asked.as_list)
    _refuse_system(resource)
    with in_terms_of(resource, asked.document_id):
        state, bodies = await _read(kernel, resource, asked)
    expected.check(resource, state.commit)
    return documents_answer(bodies, version_headers(resource, state.commit), as_list=asked.as_list)


def _refuse_system(resource: Resource) -> None:
    if resource.kind is Kind.SYSTEM:
        raise not_offered("the system's graph", "path")


async def state_of(kernel: Kernel, resource: Resource) -> State:
    """The state that a branch or a commit has."""
    context = current()
    with in_terms_of(resource):
        listing = await kernel.reads.listing(ListQuery(resource.database, resource.revision(context)), context)
    return listing.state


async def _read(kernel: Kernel, resource: Resource, asked: Asked) -> tuple[State, Bodies]:
    if asked.wanted is not None:
        return await _named(kernel, resource, asked, asked.wanted)
    if asked.graph is Graph.SCHEMA:
        context = current()
        schema = await kernel.reads.schema(resource.database, resource.revision(context), context)
        found = [each for each in schema.classes if asked.type_name in {"", each.type}]
        return schema.state, at_once(asked.window(found))
    return await _listed(kernel, resource, asked)


async def _named(kernel: Kernel, resource: Resource, asked: Asked, wanted: Sequence[str]) -> tuple[State, Bodies]:
    context = current()
    limit = kernel.settings.limits.documents_per_request
    if len(wanted) > limit:
        raise TooLarge(f"ids: {len(wanted)} are more than {limit}", field="ids")
    if asked.graph is Graph.SCHEMA and CONTEXT_ID in wanted:
        # It is answered where none was written too.
        schema = await kernel.reads.schema(resource.database, resource.revision(context), context, CONTEXT_ID)
        return schema.state, at_once(asked.window(schema.classes))
    short = await _shortened(kernel, resource, asked.graph, wanted)
    found = await kernel.reads.get(resource.database, resource.revision(context), short, context, asked.graph)
    present = [document for document in found.documents if document is not None]
    if asked.document_id and not present and not asked.as_list:
        raise document_not_found(asked.document_id)
    return found.state, at_once(asked.window(present))


async def _listed(kernel: Kernel, resource: Resource, asked: Asked) -> tuple[State, Bodies]:
    context = current()
    (type_name,) = await _shortened(kernel, resource, Graph.SCHEMA, [asked.type_name])
    query = ListQuery(
        resource.database,
        resource.revision(context),
        type_name=type_name,
        skip=asked.skip,
        # Nothing is read of a listing without a length.
        count=asked.count or None,
    )
    listing = await kernel.reads.listing(query, context)
    return listing.state, at_once([]) if asked.count == 0 else _bodies(listing)


async def _bodies(listing: Documents) -> Bodies:
    async with aclosing(listing.batches()) as batches:
        async for batch in batches:
            yield [document.body for document in batch]


async def _shortened(kernel: Kernel, resource: Resource, graph: Graph, texts: Sequence[str]) -> list[str]:
    """Ids (names, where the graph is the schema's) as they are stored; prefixes are looked up only where it matters."""
    if not any(may_be_full(text) for text in texts):
        return list(texts)
    context = current()
    prefixes = await prefixes_of(kernel, resource.database, resource.revision(context), context)
    shorten = Prefixes.short_name if graph is Graph.SCHEMA else Prefixes.short_id
    return [shorten(prefixes, text) for text in texts]
