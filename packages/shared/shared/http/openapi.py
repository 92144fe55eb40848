"""What every operation's description has in common: identity, limits and the form of errors."""

from typing import Any

from fastapi import FastAPI

from shared.errors import TABLE, Reason
from shared.http.problems import MEDIA_TYPE
from shared.limits import Limits

_SCHEMAS = "#/components/schemas"
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_TEXT = {"type": "string"}

_SECURITY_SCHEMES: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The user's token: `sub`, `aud` = `oms-platform`, `exp`, `roles`.",
    },
    "serviceProof": {
        "type": "apiKey",
        "in": "header",
        "name": "x-service-authorization",
        "description": "Proof of the calling service: an ES256 JWT, `iss` = caller, `aud` = callee, at most 5 minutes.",
    },
}


def describe(limits: Limits) -> str:
    """The part of an API's description that all services share."""
    return (
        "Errors are problem details (RFC 9457); `reason` identifies them, the status is a function of it.\n\n"
        f"Limits, in bytes where nothing else is said:\n\n{limits.as_markdown()}"
    )


class PlatformApp(FastAPI):
    """A FastAPI application whose OpenAPI document shows what the edge does for every operation."""

    open_paths: frozenset[str] = frozenset()

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, completed once; the base class keeps it until the routes change."""
        document = super().openapi()
        if "Problem" not in document.setdefault("components", {}).setdefault("schemas", {}):
            _complete(document, self.open_paths)
        return document


def _complete(document: dict[str, Any], open_paths: frozenset[str]) -> None:
    components = document["components"]
    components["schemas"]["Problem"] = _problem_schema()
    components["schemas"].pop("HTTPValidationError", None)
    components["schemas"].pop("ValidationError", None)
    components["securitySchemes"] = _SECURITY_SCHEMES
    components["responses"] = {f"Problem{status}": _problem_answer(status) for status in _statuses()}
    document["security"] = [{"bearer": []}, {"bearer": [], "serviceProof": []}, {"serviceProof": []}]
    for path, item in document.get("paths", {}).items():
        for operation in (entry for method, entry in item.items() if method in _METHODS):
            _complete_operation(operation, is_open=path in open_paths)


def _complete_operation(operation: dict[str, Any], *, is_open: bool) -> None:
    answers = operation.setdefault("responses", {})
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    if is_open:
        operation["security"] = []
        return
    for status in _statuses():
        answers.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})


def _statuses() -> list[int]:
    return sorted({mapping.http_status for mapping in TABLE.values()})


def _problem_answer(status: int) -> dict[str, Any]:
    reasons = [reason.value for reason in Reason if TABLE[reason].http_status == status]
    return {
        "description": ", ".join(reasons),
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}/Problem"}}},
    }


def _problem_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "reason", "violations", "trace_id"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "reason": {"type": "string", "enum": [reason.value for reason in Reason]},
            "field": {**_TEXT, "description": "The offending input, where one is."},
            "violations": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["path", "rule", "message"],
                    "properties": {"path": _TEXT, "rule": _TEXT, "message": _TEXT},
                },
            },
            "trace_id": _TEXT,
        },
    }
