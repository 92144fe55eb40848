"""Branches: `POST` and `DELETE /api/branch/{path}`."""

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import branch_headers, success
from data_kernel.api.terminusdb.failures import in_terms_of
from data_kernel.api.terminusdb.parameters import json_body, resource_of
from data_kernel.api.terminusdb.refusals import (
    Refusal,
    already_exists,
    bad_parameter,
    invalid_path,
    not_offered,
    unknown_database,
)
from data_kernel.api.terminusdb.resources import MAIN, ORGANISATION, Kind, Resource, parse_resource, path_segments
from data_kernel.application.addressing import NamedRevision
from shared.canonical import Json
from shared.context import current
from shared.errors import AlreadyExists, Forbidden, NotFound

_DONE = "api:BranchResponse"


async def create_branch(request: Request, kernel: TheKernel) -> Response:
    """Make a branch at its `origin`, a path or a bare name; without one it has no commits."""
    resource = _branch(request)
    origin = _origin((await json_body(request)).value, resource)
    try:
        with in_terms_of(resource):
            await kernel.databases.get(resource.database, current())
        made = await kernel.branches.create(resource.database, resource.name, origin, current())
    except AlreadyExists as error:
        raise already_exists(error, "api:BranchExistsError", {"api:branch_name": resource.name}) from error
    except NotFound as error:
        if error.field != "branch" or origin is None:
            raise
        raise Refusal(error, kind="api:OriginBranchDoesNotExist", members={"api:branch": origin.branch}) from error
    return success(_DONE, branch_headers(made.name))


async def delete_branch(request: Request, kernel: TheKernel) -> Response:
    """Delete a branch; its commits stay readable by their ids."""
    resource = _branch(request)
    if resource.name == MAIN:
        raise Refusal(
            Forbidden("main is not deleted", field="branch"),
            kind="api:BranchMainDeletionError",
            text="Branch 'main' should not be deleted as it is special",
        )
    try:
        with in_terms_of(resource):
            await kernel.databases.get(resource.database, current())
        name = await kernel.branches.delete(resource.database, resource.name, current())
    except NotFound as error:
        if error.field != "branch":
            raise
        members: dict[str, Json] = {"api:branch_name": resource.name}
        raise Refusal(error, kind="api:BranchDoesNotExistError", members=members) from error
    return success(_DONE, branch_headers(name))


def _branch(request: Request) -> Resource:
    resource = resource_of(request, "branch")
    if resource.kind is not Kind.BRANCH or not resource.name:
        raise invalid_path(resource.descriptor)
    return resource


def _origin(body: Json, resource: Resource) -> NamedRevision | None:
    given = body if isinstance(body, dict) else {}
    if given.get("prefixes"):
        raise not_offered("a branch with prefixes of its own", "prefixes")
    origin = given.get("origin")
    if origin is None:
        return None
    if not isinstance(origin, str) or not origin:
        raise bad_parameter("origin", "non-empty string", origin)
    if "/" not in origin:
        return NamedRevision(branch=origin)
    return _origin_path(origin, resource)


def _origin_path(origin: str, resource: Resource) -> NamedRevision:
    segments = (
        path_segments(origin.encode("ascii", "replace"), "") if origin.isascii() else origin.strip("/").split("/")
    )
    source = parse_resource(segments)
    if source is None or source.kind not in {Kind.BRANCH, Kind.COMMIT}:
        raise invalid_path(origin)
    if source.organisation != ORGANISATION:
        raise unknown_database(source.organisation, source.database)
    if source.database != resource.database:
        raise not_offered("an origin in another database", "origin")
    if source.kind is Kind.COMMIT:
        return NamedRevision(commit=source.name)
    return NamedRevision(branch=source.name or MAIN)
