"""Databases over REST."""

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from data_kernel.api.rest.answers import json_response
from data_kernel.api.rest.inputs import TheKernel
from data_kernel.domain.databases import Database
from shared.canonical import Json
from shared.context import current

_PATH = "/db/{db}"


class NewDatabase(BaseModel):
    """Properties of a database to be made."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field("", max_length=256)
    comment: str = Field("", max_length=4096)


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["databases"])
    routes.add_api_route(_PATH, create_database, methods=["POST"], status_code=201, response_class=Response)
    routes.add_api_route(_PATH, get_database, methods=["GET"], response_class=Response)
    routes.add_api_route(_PATH, delete_database, methods=["DELETE"], response_class=Response)
    routes.add_api_route("/db", list_databases, methods=["GET"], response_class=Response)
    return routes


async def list_databases(kernel: TheKernel) -> Response:
    """All databases in order of name."""
    return json_response({"databases": [_shown(database) for database in await kernel.databases.known(current())]})


async def create_database(kernel: TheKernel, db: str, new: NewDatabase | None = None) -> Response:
    """Make a database without branches."""
    label, comment = (new.label, new.comment) if new else ("", "")
    return json_response(_shown(await kernel.databases.create(db, current(), label=label, comment=comment)), 201)


async def get_database(kernel: TheKernel, db: str) -> Response:
    """A database's properties."""
    return json_response(_shown(await kernel.databases.get(db, current())))


async def delete_database(kernel: TheKernel, db: str) -> Response:
    """Delete a database with everything in it; the default one is refused."""
    return json_response({"database": await kernel.databases.delete(db, current())})


def _shown(database: Database) -> dict[str, Json]:
    return {
        "database": database.name,
        "label": database.label,
        "comment": database.comment,
        "naming": database.naming.value,
        "prefixes": dict(database.prefixes),
    }
