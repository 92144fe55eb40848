"""TerminusDB's error envelopes as the platform's errors.

TerminusDB answers most refusals with 400, so that the kind in `api:error` decides before the status. The kernel's own
`/api` says more: the reason in the header `X-Oms-Reason` or as `oms:reason`, the violations as `oms:violations`.
"""

from typing import Any

import httpx2

from shared.canonical import decode
from shared.errors import TABLE, InvalidInput, OmsError, Reason, Violation, from_reason

REASON_HEADER = "X-Oms-Reason"
_RETRY_AFTER_S = 1.0
_REASONS = {
    Reason.VALIDATION_FAILED: (
        "SchemaCheckFailure",
        "WOQLSchemaCheckFailure",
        "SubmittedIdDoesNotMatchGeneratedId",
        "RequiredKeyFieldMissing",
        "UnrecognizedProperty",
        "CastingError",
    ),
    Reason.STALE_HEAD: ("DataVersionMismatch", "SameDocumentIdsMutatedInOneTransaction"),
    Reason.ALREADY_EXISTS: ("DocumentIdAlreadyExists", "BranchExistsError", "DatabaseAlreadyExists"),
    Reason.MERGE_CONFLICT: (
        "NotALinearHistory",
        "HistoryDivergedError",
        "RebaseSchemaValidationError",
        "PatchConflict",
        "ApplyError",
    ),
    Reason.NOT_FOUND: (
        "DocumentNotFound",
        "UnknownDatabase",
        "UnknownOrganizationName",
        "BranchDoesNotExistError",
        "OriginBranchDoesNotExist",
        "UnknownOriginDatabase",
        "UnresolvableAbsoluteDescriptor",
    ),
    Reason.UNAUTHENTICATED: ("IncorrectAuthenticationError",),
}
_BY_KIND = {f"api:{kind}": reason for reason, kinds in _REASONS.items() for kind in kinds}
_BY_STATUS = {
    400: Reason.INVALID_INPUT,
    401: Reason.UNAUTHENTICATED,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    405: Reason.UNSUPPORTED,
    408: Reason.DEADLINE_EXCEEDED,
    409: Reason.STALE_HEAD,
    413: Reason.TOO_LARGE,
    429: Reason.RATE_LIMITED,
    501: Reason.UNSUPPORTED,
    504: Reason.DEADLINE_EXCEEDED,
}


def error_of(response: httpx2.Response) -> OmsError:
    """The error that an answer of 400 and above stands for; its body must have been read."""
    return error_from(response.status_code, response.headers.get(REASON_HEADER, ""), _envelope(response))


def error_from(status: int, reason_header: str, envelope: dict[str, Any]) -> OmsError:
    """The error of a status, the kernel's header (empty: none) and an envelope (empty: none).

    What TerminusDB does not answer (500 and above) is Unavailable: nothing was committed, another attempt may succeed.
    """
    entry = envelope.get("api:error")
    error: dict[str, Any] = entry if isinstance(entry, dict) else {}
    reason = _told_reason(reason_header or str(error.get("oms:reason", "")))
    if reason is None and "api:path" in envelope:
        return from_reason(Reason.UNSUPPORTED, "the store offers no such operation")
    if reason is None:
        reason = _BY_KIND.get(str(error.get("@type"))) or _BY_STATUS.get(status) or _of_status(status)
    is_retried = TABLE[reason].http_status in (429, 503)
    return from_reason(
        reason,
        _detail(envelope, reason),
        field=error["oms:field"] if isinstance(error.get("oms:field"), str) else None,
        violations=_violations(error, envelope),
        retry_after_s=_RETRY_AFTER_S if is_retried else None,
    )


def _envelope(response: httpx2.Response) -> dict[str, Any]:
    try:
        envelope = decode(response.content, field="answer")
    except InvalidInput:
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _told_reason(text: str) -> Reason | None:
    return Reason(text) if text in Reason.__members__ else None


def _of_status(status: int) -> Reason:
    return Reason.UNAVAILABLE if status >= 500 else Reason.INVALID_INPUT  # noqa: PLR2004 - where HTTP draws the line


def _detail(envelope: dict[str, Any], reason: Reason) -> str:
    """The kernel's own text; TerminusDB's messages may quote documents and stay out."""
    entry = envelope.get("api:error")
    told = entry.get("oms:detail") if isinstance(entry, dict) else None
    return told if isinstance(told, str) else f"the store refused: {TABLE[reason].title.lower()}"


def _violations(error: dict[str, Any], envelope: dict[str, Any]) -> list[Violation]:
    told = error.get("oms:violations")
    if isinstance(told, list):
        return [
            Violation(str(entry.get("path", "")), str(entry.get("rule", "")), str(entry.get("message", "")))
            for entry in told
            if isinstance(entry, dict)
        ]
    witnesses = error.get("api:witnesses") or envelope.get("api:witnesses")
    return [_witness(entry) for entry in witnesses or [] if isinstance(entry, dict)]


def _witness(entry: dict[str, Any]) -> Violation:
    where = str(entry.get("instance") or entry.get("document") or entry.get("class") or "")
    field = str(entry.get("predicate") or entry.get("property") or entry.get("field") or "").rpartition("#")[2]
    rule = str(entry.get("@type") or "schema")
    return Violation(f"{where.rpartition('data/')[2]}#/{field}", rule, "breaks the schema")
