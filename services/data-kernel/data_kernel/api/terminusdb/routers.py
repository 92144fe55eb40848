"""The routes below `/api`; what is not among them is answered as TerminusDB answers an unknown path."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from data_kernel.api.terminusdb import databases, server
from data_kernel.api.terminusdb.classes import frames, migration, prefix_routes
from data_kernel.api.terminusdb.documents import document_reads, document_writes
from data_kernel.api.terminusdb.openapi import described
from data_kernel.api.terminusdb.versions import branches, comparing, document_history, history, moves, patches, upkeep

PREFIX = "/api"
OPEN_PATHS = (f"{PREFIX}/ok",)
_DATABASE = "/db/{organisation}/{database}"
_DOCUMENT = "/document/{path:path}"
_BRANCH = "/branch/{path:path}"
_SCHEMA = "/schema/{path:path}"
_PREFIX = "/prefix/{path:path}"

_ROUTES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("/ok", "GET", server.ok),
    ("/ok", "HEAD", server.ok),
    ("/info", "GET", server.info),
    ("/", "GET", databases.describe_databases),
    ("/db", "GET", databases.list_databases),
    (_DATABASE, "GET", databases.get_database),
    (_DATABASE, "HEAD", databases.head_database),
    (_DATABASE, "POST", databases.create_database),
    (_DATABASE, "PUT", databases.update_database),
    (_DATABASE, "DELETE", databases.delete_database),
    (_DOCUMENT, "GET", document_reads.get_documents),
    (_DOCUMENT, "HEAD", document_reads.head_documents),
    (_DOCUMENT, "POST", document_writes.insert_documents),
    (_DOCUMENT, "PUT", document_writes.replace_documents),
    (_DOCUMENT, "DELETE", document_writes.delete_documents),
    (_BRANCH, "POST", branches.create_branch),
    (_BRANCH, "DELETE", branches.delete_branch),
    (_SCHEMA, "GET", frames.get_frames),
    (_SCHEMA, "POST", frames.get_frames_by_body),
    ("/migration/{path:path}", "POST", migration.migrate),
    ("/prefixes/{path:path}", "GET", prefix_routes.get_prefixes),
    (_PREFIX, "GET", prefix_routes.get_prefix),
    (_PREFIX, "POST", prefix_routes.add_prefix),
    (_PREFIX, "PUT", prefix_routes.put_prefix),
    (_PREFIX, "DELETE", prefix_routes.delete_prefix),
    ("/log/{path:path}", "GET", history.get_log),
    ("/history/{path:path}", "GET", document_history.get_history),
    ("/diff", "POST", comparing.diff_values),
    ("/diff/{path:path}", "POST", comparing.diff_versions),
    ("/patch", "POST", comparing.patch_value),
    ("/patch/{path:path}", "POST", patches.patch_documents),
    ("/apply/{path:path}", "POST", patches.apply_difference),
    ("/rebase/{path:path}", "POST", moves.rebase),
    ("/squash/{path:path}", "POST", moves.squash),
    ("/reset/{path:path}", "POST", moves.reset),
    ("/optimize/{path:path}", "POST", upkeep.optimize),
)


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix=PREFIX, tags=["terminusdb"])
    for path, method, handler in _ROUTES:
        extra = described(path, method)
        routes.add_api_route(path, handler, methods=[method], response_class=Response, openapi_extra=extra)
    return routes
