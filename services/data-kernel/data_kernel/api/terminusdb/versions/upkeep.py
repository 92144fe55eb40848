"""Upkeep: `POST /api/optimize/{path}`."""

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import success
from data_kernel.api.terminusdb.documents.document_reads import state_of
from data_kernel.api.terminusdb.parameters import resource_of
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import Refusal
from data_kernel.api.terminusdb.resources import Kind
from data_kernel.api.terminusdb.versions.commit_graph import DATABASE_GRAPHS
from shared.context import current
from shared.errors import InvalidInput


async def optimize(request: Request, kernel: TheKernel) -> Response:
    """Say that a branch or a graph is as good to read as it can be: the store keeps no layers that could be joined."""
    resource = resource_of(request, "optimize")
    if resource.kind is Kind.COMMIT:
        raise Refusal(
            InvalidInput("a commit is not optimized", field="path"),
            kind="api:NotAValidOptimizationDescriptorError",
            members={"api:absolute_descriptor": resource.descriptor},
        )
    if resource.kind is Kind.BRANCH:
        await state_of(kernel, resource)
    elif resource.kind in DATABASE_GRAPHS:
        with in_terms_of(resource):
            await kernel.databases.get(resource.database, current())
    return success("api:OptimizeResponse")
