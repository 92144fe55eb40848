"""What an answer to a hostile request must look like."""

import json
from collections.abc import Mapping
from typing import Any

from shared.errors import TABLE, Reason
from shared.http.problems import MEDIA_TYPE

_MEMBERS = {"type": str, "title": str, "status": int, "detail": str, "reason": str, "violations": list, "trace_id": str}
_NAMING = {Reason.INVALID_INPUT, Reason.VALIDATION_FAILED, Reason.TOO_LARGE}
"""Whoever is answered so must learn what of the request was at fault."""
_NO_ROUTE = "Not Found"
"""What is said of a path that the service does not have: there is no field in it."""
_METHOD_NOT_ALLOWED = 405
_TERMINUSDB = "/api/"
LONGEST_DETAIL = 4096


def faults_of(path: str, status: int, headers: Mapping[str, str], body: bytes, *, unsupported: bool = False) -> str:
    """What is wrong with the answer of a healthy service; empty where nothing is.

    `unsupported` tells that this route may answer 501: it is known, and not offered yet.
    """
    if status < 400:
        return ""
    if status >= 500 and not (status == 501 and unsupported):
        return f"{status}: a healthy service has no such answer"
    if is_terminusdb(path):
        return _fault_of_envelope(headers, body)
    return fault_of_problem(status, headers, body)


def is_terminusdb(path: str) -> bool:
    """Whether TerminusDB's own form of errors holds there."""
    return path.startswith(_TERMINUSDB) and not path.startswith("/api/v1/")


def fault_of_problem(status: int, headers: Mapping[str, str], body: bytes) -> str:
    """What is wrong with a problem of that status; empty where nothing is."""
    if headers.get("content-type") != MEDIA_TYPE:
        return f"{status}: the content type is {headers.get('content-type')}, not that of a problem"
    problem: dict[str, Any] = json.loads(body)
    wrong = [name for name, kind in _MEMBERS.items() if not isinstance(problem.get(name), kind)]
    if wrong or problem["status"] != status or problem["reason"] not in TABLE:
        return f"{status}: members of the problem are missing or wrong: {wrong or problem}"
    reason = Reason(problem["reason"])
    if status != _METHOD_NOT_ALLOWED and TABLE[reason].http_status != status:
        return f"{status}: its reason {reason} has another status"
    if (reason in _NAMING or (reason is Reason.NOT_FOUND and problem["detail"] != _NO_ROUTE)) and not (
        problem.get("field") or problem["violations"]
    ):
        return f"{status}: it names no field: {problem['detail']}"
    if len(problem["detail"]) > LONGEST_DETAIL:
        return f"{status}: its detail has {len(problem['detail'])} characters"
    return ""


def _fault_of_envelope(headers: Mapping[str, str], body: bytes) -> str:
    if not headers.get("content-type", "").startswith("application/json"):
        return f"the content type is {headers.get('content-type')}, not JSON"
    envelope: dict[str, Any] = json.loads(body)
    # A path that there is not has no type in TerminusDB either.
    if not str(envelope.get("api:status", "")).startswith("api:") or not envelope.get("api:message"):
        return f"no envelope of TerminusDB: {envelope}"
    return ""
