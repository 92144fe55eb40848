"""Errors in TerminusDB's envelope, with the platform's own account of them beside it."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from data_kernel.api.terminusdb.own_members import own_members
from data_kernel.api.terminusdb.parameters import effective_method
from data_kernel.api.terminusdb.refusing.refusals import Refusal
from shared import context
from shared.canonical import Json, encode
from shared.errors import NotFound, OmsError, Reason
from shared.http.problems import error_headers
from shared.http.routes import ROUTE_KEY

JSON = "application/json; charset=UTF-8"
REASON = "X-Oms-Reason"
_ENDPOINTS: Mapping[tuple[str, str], str] = {
    ("document", "GET"): "GetDocument",
    ("document", "HEAD"): "GetDocument",
    ("document", "POST"): "InsertDocument",
    ("document", "PUT"): "ReplaceDocument",
    ("document", "DELETE"): "DeleteDocument",
    ("db", "GET"): "DbList",
    ("db", "HEAD"): "DbList",
    ("db", "POST"): "DbCreate",
    ("db", "PUT"): "DbUpdate",
    ("db", "DELETE"): "DbDelete",
    ("branch", "POST"): "Branch",
    ("branch", "DELETE"): "Branch",
    ("log", "GET"): "Log",
    ("history", "GET"): "History",
    ("apply", "POST"): "Apply",
    ("rebase", "POST"): "Rebase",
    ("squash", "POST"): "Squash",
    ("reset", "POST"): "Reset",
    ("optimize", "POST"): "Optimize",
    ("diff", "POST"): "Diff",
    ("patch", "POST"): "Patch",
    ("migration", "POST"): "Migration",
    ("prefixes", "GET"): "Prefix",
    ("schema", "GET"): "Frame",
    ("schema", "POST"): "Frame",
    **{("prefix", method): "Prefix" for method in ("GET", "POST", "PUT", "DELETE")},
}
_STATUS_NAMES: Mapping[int, str] = {
    HTTPStatus.FORBIDDEN: "api:forbidden",
    HTTPStatus.NOT_FOUND: "api:not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "api:method_not_allowed",
    HTTPStatus.CONFLICT: "api:conflict",
}


def render_error(request: Request, error: OmsError) -> Response:
    """The answer to a request below `/api` that ended with this error."""
    # Whatever fails before a route has begun is the framework's: it knows no such path, or not with this method.
    has_begun = ROUTE_KEY in request.scope
    if isinstance(error, NotFound) and not has_begun:
        return _answer(error, HTTPStatus.NOT_FOUND, _unknown_path(request))
    if error.reason is Reason.UNAUTHENTICATED:
        refusal = Refusal(
            error,
            status=HTTPStatus.UNAUTHORIZED,
            kind="api:IncorrectAuthenticationError",
            text="Incorrect authentication information",
            envelope="api:ErrorResponse",
        )
    else:
        refusal = error if isinstance(error, Refusal) else _generic(error, has_begun=has_begun)
    return _answer(refusal, refusal.status, _body(request, refusal))


def _generic(error: OmsError, *, has_begun: bool) -> Refusal:
    """What TerminusDB has no kind for goes by the platform's name."""
    kind = "".join(word.capitalize() for word in error.reason.value.split("_"))
    is_wrong_method = error.reason is Reason.UNSUPPORTED and not has_begun
    status = HTTPStatus.METHOD_NOT_ALLOWED if is_wrong_method else error.mapping.http_status
    return Refusal(error, status=status, kind=f"oms:{kind}")


def _body(request: Request, refusal: Refusal) -> dict[str, Json]:
    body: dict[str, Json] = {"api:status": _status_name(refusal.status), "api:message": refusal.text}
    if refusal.is_typed:
        body["@type"] = refusal.envelope or f"api:{_endpoint(request)}ErrorResponse"
    body |= refusal.beside
    if not refusal.kind:
        return body
    body["api:request_id"] = context.current().request_id
    body["api:trace_id"] = context.current().trace_id
    body["api:error"] = {"@type": refusal.kind, **refusal.members, **_own_account(refusal)}
    return body


def _own_account(error: OmsError) -> dict[str, Json]:
    told: dict[str, Json] = {"reason": error.reason.value, "detail": error.detail}
    if error.field is not None:
        told["field"] = error.field
    if error.violations:
        told["violations"] = [
            {"path": each.path, "rule": each.rule, "message": each.message} for each in error.violations
        ]
    return own_members(told)


def _unknown_path(request: Request) -> dict[str, Json]:
    path = request.url.path
    return {"api:status": "api:not_found", "api:path": path, "api:message": f"Path not found: {path}"}


def _endpoint(request: Request) -> str:
    area = request.url.path.removeprefix("/api/").partition("/")[0]
    return _ENDPOINTS.get((area, effective_method(request)), "")


def _status_name(status: int) -> str:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "api:server_error"
    return _STATUS_NAMES.get(status, "api:failure")


def _answer(error: OmsError, status: int, body: dict[str, Json]) -> Response:
    headers = {REASON: error.reason.value, **error_headers(error), "content-type": JSON}
    return Response(encode(body), status, headers)
