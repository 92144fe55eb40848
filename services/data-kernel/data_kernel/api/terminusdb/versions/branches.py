"""Branches: `POST` and `DELETE /api/branch/{path}`."""

from typing import NoReturn

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import branch_headers, success
from data_kernel.api.terminusdb.parameters import json_body, resource_of
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import (
    Refusal,
    already_exists,
    bad_parameter,
    invalid_path,
    not_offered,
)
from data_kernel.api.terminusdb.resources import MAIN, ORGANISATION, Kind, Resource, parse_resource, path_segments
from data_kernel.api.terminusdb.versions.beginnings import begin_branch, given_prefixes
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.domain.databases import Database, Naming
from shared.canonical import Json
from shared.context import current
from shared.errors import AlreadyExists, Forbidden, InvalidInput, NotFound

_DONE = "api:BranchResponse"


async def create_branch(request: Request, kernel: TheKernel) -> Response:
    """Make a branch at its `origin`, a path or a bare name; without one it has a first commit of its own."""
    resource, body = _branch(request), (await json_body(request)).value
    origin = await _origin(kernel, body, resource)
    try:
        with in_terms_of(resource):
            database = await kernel.databases.get(resource.database, current())
        _refuse_parted(database, resource)
        name = await _made(kernel, database, resource.name, origin, body)
    except AlreadyExists as error:
        raise already_exists(error, "api:BranchExistsError", {"api:branch_name": resource.name}) from error
    except NotFound as error:
        if error.field != "branch" or origin is None:
            raise
        raise Refusal(error, kind="api:OriginBranchDoesNotExist", members={"api:branch": origin.branch}) from error
    return success(_DONE, branch_headers(name))


def _refuse_parted(database: Database, resource: Resource) -> None:
    """On a database with TerminusDB's rules a branch's name is one segment, also where `%2F` hides that it is not."""
    if database.naming is Naming.FREE and "/" in resource.name:
        raise Refusal(
            InvalidInput("branch: its name is one segment", field="branch"),
            kind="api:BadTargetAbsoluteDescriptor",
            members={"api:absolute_descriptor": resource.descriptor},
        )


async def _made(kernel: Kernel, database: Database, name: str, origin: NamedRevision | None, body: Json) -> str:
    """The full name of the branch: at its origin, else with a context of its own; the platform's begin without."""
    if origin is None and database.naming is Naming.FREE:
        own = given_prefixes(body.get("prefixes") if isinstance(body, dict) else None)
        return await begin_branch(kernel, database.name, name, {**database.prefixes, **own}, current())
    return (await kernel.branches.create(database.name, name, origin, current())).name


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


async def _origin(kernel: Kernel, body: Json, resource: Resource) -> NamedRevision | None:
    given = body if isinstance(body, dict) else {}
    origin = given.get("origin")
    if origin is None:
        return None
    if not isinstance(origin, str) or not origin:
        raise bad_parameter("origin", "non-empty string", origin)
    if "/" not in origin:
        return NamedRevision(branch=origin)
    return await _origin_path(kernel, origin, resource)


async def _origin_path(kernel: Kernel, origin: str, resource: Resource) -> NamedRevision:
    source = parse_resource(path_segments(origin))
    if source is None or source.kind not in {Kind.BRANCH, Kind.COMMIT}:
        raise invalid_path(origin)
    if source.database != resource.database or source.organisation != ORGANISATION:
        await _refuse_other_database(kernel, source)
    if source.kind is Kind.COMMIT:
        return NamedRevision(commit=source.name)
    return NamedRevision(branch=source.name or MAIN)


async def _refuse_other_database(kernel: Kernel, source: Resource) -> NoReturn:
    known = {database.name for database in await kernel.databases.known(current())}
    if source.organisation == ORGANISATION and source.database in known:
        raise not_offered("an origin in another database", "origin")
    raise Refusal(
        NotFound("there is no such database", field="database"),
        kind="api:UnknownOriginDatabase",
        members={"api:organization_name": source.organisation, "api:database_name": source.database},
    )
