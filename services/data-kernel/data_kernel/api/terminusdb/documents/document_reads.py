"""Reading documents and classes: `GET` and `HEAD /api/document/{path}`."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import Bodies, at_once, documents_answer, encoded, version_headers
from data_kernel.api.terminusdb.classes.prefixes import CONTEXT_IRI, STANDARD, prefixes_of
from data_kernel.api.terminusdb.documents.asking import Asked
from data_kernel.api.terminusdb.documents.reading import Batches, Reading
from data_kernel.api.terminusdb.parameters import DataVersion, Parameters, json_body, resource_of
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import document_not_found, not_offered
from data_kernel.api.terminusdb.resources import Kind, Resource
from data_kernel.api.terminusdb.versions.commit_graph import DATABASE_GRAPHS, DatabaseGraph
from data_kernel.application.kernel import Kernel
from data_kernel.application.reads import ListQuery
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Graph, StoredDocument
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import Json, decode, encode
from shared.context import current
from shared.errors import TooLarge


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
    """Documents of one state, as a stream of objects or as an array; TerminusDB's clients send a body to GET, too."""
    return await answer_documents(request, kernel, (await json_body(request)).value)


async def answer_documents(request: Request, kernel: Kernel, overriding: Json) -> Response:
    """As asked for by the query, or by the body of a request that stands for a GET."""
    resource, asked = resource_of(request, "document"), Asked.of(request, overriding)
    expected = DataVersion(request)
    if resource.kind in DATABASE_GRAPHS:
        graph = await DatabaseGraph.of(kernel, resource)
        expected.check(resource, graph.version)
        bodies = encoded(graph.documents(asked.type_name))
        return documents_answer(bodies, version_headers(resource, graph.version), as_list=asked.as_list)
    _refuse_system(resource)
    read = _classes if asked.graph is Graph.SCHEMA else _documents
    with in_terms_of(resource, asked.document_id):
        state, bodies = await read(kernel, resource, asked)
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


async def _documents(kernel: Kernel, resource: Resource, asked: Asked) -> tuple[State, Bodies]:
    context = current()
    reading = await Reading.of(kernel, resource.database, resource.revision(context), asked, context)
    if asked.wanted is None:
        return reading.state, reading.listed()
    _refuse_too_many(kernel, asked.wanted)
    found = await reading.named(asked.wanted)
    if asked.document_id and not found and not asked.as_list:
        raise document_not_found(asked.document_id)
    return reading.state, reading.shown(_at_once(found), asked.skip, asked.count)


async def _classes(kernel: Kernel, resource: Resource, asked: Asked) -> tuple[State, Bodies]:
    context = current()
    schema = await kernel.reads.schema(resource.database, resource.revision(context), context)
    prefixes = await prefixes_of(kernel, resource.database, resource.revision(context), context)
    kind = prefixes.full_name(asked.type_name) if asked.type_name else ""
    # A kind of classes goes by its full name or `sys:`; a bare name would be that of a class.
    found = [each for each in schema.classes if kind in {"", f"{STANDARD['sys']}{each.type}"}]
    if asked.wanted is not None:
        _refuse_too_many(kernel, asked.wanted)
        names = [prefixes.short_name(each) for each in asked.wanted]
        by_name = {each.id: each for each in schema.classes}
        by_name[CONTEXT_IRI] = _as_document(by_name[CONTEXT_ID])
        found = [by_name[name] for name in names if name in by_name]
    if asked.document_id and not found and not asked.as_list:
        raise document_not_found(asked.document_id)
    end = None if asked.count is None else asked.skip + asked.count
    return schema.state, at_once([each.body for each in found[asked.skip : end]])


def _as_document(context: StoredDocument) -> StoredDocument:
    """The context as TerminusDB shows it where it is asked for by its IRI."""
    body = decode(context.body)
    members = body if isinstance(body, dict) else {}
    return replace(context, body=encode({**members, "@id": CONTEXT_IRI, "@type": "Context"}))


def _refuse_too_many(kernel: Kernel, wanted: Sequence[str]) -> None:
    limit = kernel.settings.limits.documents_per_request
    if len(wanted) > limit:
        raise TooLarge(f"ids: {len(wanted)} are more than {limit}", field="ids")


async def _at_once(documents: list[StoredDocument]) -> Batches:
    yield documents
