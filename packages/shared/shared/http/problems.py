"""Errors as problem details (RFC 9457), the one way in which they leave by HTTP."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared import context
from shared.errors import TABLE, InvalidInput, OmsError, Reason, Violation, from_reason

MEDIA_TYPE = "application/problem+json"
ErrorRenderer = Callable[[Request, OmsError], Response]
"""Writes an error in the form that a part of the API has of its own."""

_BAD_REQUEST = 400
_METHOD_NOT_ALLOWED = 405
_SERVER_ERROR = 500


def problem_type(reason: Reason) -> str:
    """The URI that identifies the kind of the problem."""
    return f"urn:oms:error:{reason.value.lower().replace('_', '-')}"


def problem_body(error: OmsError, *, status: int | None = None) -> dict[str, Any]:
    """The members of the problem; `trace_id` is that of the call in progress."""
    body: dict[str, Any] = {
        "type": problem_type(error.reason),
        "title": error.mapping.title,
        "status": status or error.mapping.http_status,
        "detail": error.detail,
        "reason": error.reason.value,
        "violations": [{"path": v.path, "rule": v.rule, "message": v.message} for v in error.violations],
        "trace_id": context.current().trace_id,
    }
    if error.field is not None:
        body["field"] = error.field
    return body


def problem_response(
    error: OmsError, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a request that ended with this error."""
    body = json.dumps(problem_body(error, status=status)).encode()
    return Response(
        body, status or error.mapping.http_status, {**(headers or {}), **error_headers(error)}, media_type=MEDIA_TYPE
    )


def error_headers(error: OmsError) -> dict[str, str]:
    """The headers that belong to an error in whatever form its body has."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if error.reason is Reason.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = 'Bearer realm="oms"'
    return headers


def from_http_exception(error: HTTPException) -> OmsError:
    """The platform's error for one that the web framework raised itself (no such path, body that cannot be read)."""
    detail = str(error.detail) if error.status_code < _SERVER_ERROR else "internal error"
    if error.status_code == _METHOD_NOT_ALLOWED:
        return from_reason(Reason.UNSUPPORTED, "this path does not have this method")
    reason = next((r for r, mapping in TABLE.items() if mapping.http_status == error.status_code), None)
    if reason is None:
        reason = Reason.INVALID_INPUT if error.status_code < _SERVER_ERROR else Reason.INTERNAL
    # The framework's own 400 is about a body that it cannot read.
    return from_reason(reason, detail, field="body" if error.status_code == _BAD_REQUEST else None)


def from_validation(error: RequestValidationError) -> InvalidInput:
    """A request that does not fit its route's parameters or body, with every misfit, and no value of them."""
    violations = [Violation(_location(entry["loc"]), str(entry["type"]), str(entry["msg"])) for entry in error.errors()]
    first = violations[0]
    return InvalidInput(f"{first.path}: {first.message}", field=first.path, violations=violations)


def _location(parts: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in parts)
