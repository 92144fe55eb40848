"""Databases: `/api/db` and `/api/db/{organisation}/{database}`."""

from http import HTTPStatus

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import JsonBody, TheKernel
from data_kernel.api.terminusdb.answers import json_answer, success
from data_kernel.api.terminusdb.own_members import own_members
from data_kernel.api.terminusdb.parameters import Parameters, json_body, segments_below
from data_kernel.api.terminusdb.refusing.failures import in_terms_of
from data_kernel.api.terminusdb.refusing.refusals import (
    Refusal,
    already_exists,
    bad_parameter,
    invalid_path,
    missing_parameter,
    not_offered,
    unknown_database,
    unknown_organisation,
)
from data_kernel.api.terminusdb.resources import MAIN, ORGANISATION, Kind, Resource
from data_kernel.api.terminusdb.versions.beginnings import begin_branch, given_prefixes
from data_kernel.api.terminusdb.versions.commit_graph import branches_of
from data_kernel.application.kernel import Kernel
from data_kernel.domain.databases import Database, Naming
from shared.canonical import Json
from shared.context import current
from shared.errors import AlreadyExists, InvalidInput, NotFound, OmsError

_SYSTEM = "terminusdb://system/data/UserDatabase/"
_MAX_LABEL, _MAX_COMMENT = 256, 4096


async def list_databases(request: Request, kernel: TheKernel) -> Response:
    """All databases: their paths and branches, or with `verbose` their properties."""
    parameters = Parameters.of(request)
    databases = await kernel.databases.known(current())
    return json_answer([await _shown(kernel, database, parameters) for database in databases])


async def describe_databases(kernel: TheKernel) -> Response:
    """The properties of all databases that the caller may see."""
    return json_answer([_properties(database) for database in await kernel.databases.known(current())])


async def get_database(request: Request, kernel: TheKernel) -> Response:
    """One database."""
    return json_answer(await _shown(kernel, await _known(request, kernel), Parameters.of(request)))


async def head_database(request: Request, kernel: TheKernel) -> Response:
    """Whether there is such a database."""
    await _known(request, kernel)
    return json_answer(None)


async def create_database(request: Request, kernel: TheKernel) -> Response:
    """Make a database with the branch `main`, whose names and authors are as the callers give them."""
    organisation, name = _named(request)
    if organisation != ORGANISATION:
        raise unknown_organisation(organisation)
    label, comment, prefixes = _described(await json_body(request))
    context = current()
    try:
        made = await kernel.databases.create(
            name, context, label=label, comment=comment, naming=Naming.FREE, prefixes=prefixes
        )
    except AlreadyExists as error:
        members: dict[str, Json] = {"api:organization_name": organisation, "api:database_name": name}
        raise already_exists(error, "api:DatabaseAlreadyExists", members, "Database already exists.") from error
    except InvalidInput as error:
        raise Refusal(error, kind="api:InvalidDatabaseName", members={"api:database_name": name}) from error
    try:
        await begin_branch(kernel, name, MAIN, made.prefixes, context)
    except OmsError:
        await kernel.databases.delete(name, context)
        raise
    return success("api:DbCreateResponse", told={"database_uri": f"{_SYSTEM}{name}"})


async def delete_database(request: Request, kernel: TheKernel) -> Response:
    """Delete a database with everything in it."""
    organisation, name = _named(request)
    if organisation != ORGANISATION:
        raise unknown_organisation(organisation)
    with in_terms_of(Resource(organisation, name, Kind.BRANCH)):
        await kernel.databases.delete(name, current())
    return success("api:DbDeleteResponse")


async def update_database(request: Request, kernel: TheKernel) -> Response:
    """Give a database another label or comment."""
    organisation, name = _named(request)
    if organisation != ORGANISATION:
        raise unknown_database(organisation, name)
    given = _object(await json_body(request))
    _refuse_public(given)
    with in_terms_of(Resource(organisation, name, Kind.BRANCH)):
        await kernel.databases.describe(
            name,
            current(),
            label=_text(given["label"], "label", _MAX_LABEL) if "label" in given else None,
            comment=_text(given["comment"], "comment", _MAX_COMMENT) if "comment" in given else None,
        )
    return success("api:DbUpdatedResponse")


async def _known(request: Request, kernel: Kernel) -> Database:
    organisation, name = _named(request)
    try:
        if organisation != ORGANISATION:
            raise unknown_organisation(organisation)
        return await kernel.databases.get(name, current())
    except NotFound as error:
        raise _absent(error) from error
    except Refusal as error:
        raise _absent(error) from error


def _absent(cause: OmsError) -> Refusal:
    return Refusal(
        cause,
        status=HTTPStatus.NOT_FOUND,
        kind="",
        beside={"api:status": "api:failure"},
        text="Database does not exist, or you do not have permission",
    )


def _named(request: Request) -> tuple[str, str]:
    segments = segments_below(request, "db")
    match segments:
        case [organisation, name]:
            return organisation, name
    raise invalid_path("/".join(segments))


async def _shown(kernel: Kernel, database: Database, parameters: Parameters) -> dict[str, Json]:
    shown: dict[str, Json] = {"path": f"{ORGANISATION}/{database.name}"}
    if parameters.flag("verbose"):
        shown = _properties(database)
    if parameters.flag("branches"):
        shown["branches"] = [branch.name for branch in await branches_of(kernel, database.name, current())]
    return shown


def _properties(database: Database) -> dict[str, Json]:
    return {
        "@id": f"UserDatabase/{database.name}",
        "@type": "UserDatabase",
        "name": database.name,
        "label": database.label,
        "comment": database.comment,
        "path": f"{ORGANISATION}/{database.name}",
        "state": "finalized",
        **own_members({"naming": database.naming.value}),
    }


def _object(body: JsonBody) -> dict[str, Json]:
    if not isinstance(body.value, dict):
        raise InvalidInput("body: it is a JSON object", field="body")
    return body.value


def _described(body: JsonBody) -> tuple[str, str, dict[str, str]]:
    """Label, comment and prefixes. `schema` makes no difference: what has a class is held to it, raw JSON is not."""
    given = _object(body)
    if "label" not in given:
        raise missing_parameter("label")
    if not isinstance(given.get("schema", True), bool):
        raise bad_parameter("schema", "boolean (true, false)", given["schema"])
    _refuse_public(given)
    comment = _text(given.get("comment", ""), "comment", _MAX_COMMENT)
    return _text(given["label"], "label", _MAX_LABEL), comment, given_prefixes(given.get("prefixes"))


def _refuse_public(given: dict[str, Json]) -> None:
    """Nothing here is read without credentials."""
    if given.get("public", False) is not False:
        raise not_offered("a public database", "public")


def _text(value: Json, name: str, limit: int) -> str:
    is_empty_label = name == "label" and value == ""
    if not isinstance(value, str) or is_empty_label:
        raise bad_parameter(name, "non-empty string", value)
    if len(value) > limit:
        raise InvalidInput(f"{name}: it is longer than {limit} characters", field=name)
    return value
