"""The errors of the platform and their one mapping to HTTP and gRPC.

An error is identified by its reason alone (`common.v1.ErrorReason` on the wire); the HTTP status and the gRPC code are
functions of it. The module knows no transport, so that domain code may raise these errors: gRPC codes stand here by
name. `shared.http.problems` writes them as problem details (RFC 9457), `shared.grpc.interceptors` as
`google.rpc.Status`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Reason(StrEnum):
    """What went wrong, the same on every transport; the names of `common.v1.ErrorReason` without their prefix."""

    INVALID_INPUT = "INVALID_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    READ_ONLY_BRANCH = "READ_ONLY_BRANCH"
    NOT_FOUND = "NOT_FOUND"
    STALE_HEAD = "STALE_HEAD"
    MERGE_CONFLICT = "MERGE_CONFLICT"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    PRECONDITION_FAILED = "PRECONDITION_FAILED"
    GONE = "GONE"
    VALIDATION_FAILED = "VALIDATION_FAILED"
    TOO_LARGE = "TOO_LARGE"
    USE_STREAM = "USE_STREAM"
    RATE_LIMITED = "RATE_LIMITED"
    UNSUPPORTED = "UNSUPPORTED"
    UNAVAILABLE = "UNAVAILABLE"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a reason looks on the transports: HTTP status, name of the gRPC code, title for a person."""

    http_status: int
    grpc_code: str
    title: str


TABLE: dict[Reason, Mapping] = {
    Reason.INVALID_INPUT: Mapping(400, "INVALID_ARGUMENT", "Invalid input"),
    Reason.UNAUTHENTICATED: Mapping(401, "UNAUTHENTICATED", "Not authenticated"),
    Reason.FORBIDDEN: Mapping(403, "PERMISSION_DENIED", "Forbidden"),
    Reason.READ_ONLY_BRANCH: Mapping(403, "PERMISSION_DENIED", "Read-only branch"),
    Reason.NOT_FOUND: Mapping(404, "NOT_FOUND", "Not found"),
    Reason.STALE_HEAD: Mapping(409, "ABORTED", "Stale head"),
    Reason.MERGE_CONFLICT: Mapping(409, "ABORTED", "Merge conflict"),
    Reason.ALREADY_EXISTS: Mapping(409, "ALREADY_EXISTS", "Already exists"),
    Reason.PRECONDITION_FAILED: Mapping(412, "ABORTED", "Precondition failed"),
    Reason.GONE: Mapping(410, "NOT_FOUND", "Gone"),
    Reason.VALIDATION_FAILED: Mapping(422, "FAILED_PRECONDITION", "Validation failed"),
    Reason.TOO_LARGE: Mapping(413, "RESOURCE_EXHAUSTED", "Too large"),
    Reason.USE_STREAM: Mapping(413, "RESOURCE_EXHAUSTED", "Too large for one message"),
    Reason.RATE_LIMITED: Mapping(429, "RESOURCE_EXHAUSTED", "Too many requests"),
    Reason.UNSUPPORTED: Mapping(501, "UNIMPLEMENTED", "Unsupported"),
    Reason.UNAVAILABLE: Mapping(503, "UNAVAILABLE", "Unavailable"),
    Reason.DEADLINE_EXCEEDED: Mapping(504, "DEADLINE_EXCEEDED", "Deadline exceeded"),
    Reason.INTERNAL: Mapping(500, "INTERNAL", "Internal error"),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason why a change was refused.

    `path` is the document's id and a JSON Pointer (`Movie/1#/year`), `rule` the rule in snake case, `message` what is
    wrong, without the document's content.
    """

    path: str
    rule: str
    message: str


class OmsError(Exception):
    """Base of all errors that a caller may see.

    `detail` is for a person and holds no secret and no document content; `field` names the offending input, if one
    does; `retry_after_s` is the delay in seconds after which another attempt makes sense.
    """

    default_reason: ClassVar[Reason] = Reason.INTERNAL

    def __init__(
        self,
        detail: str,
        *,
        field: str | None = None,
        reason: Reason | None = None,
        violations: Sequence[Violation] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.reason = reason or self.default_reason
        self.violations = tuple(violations)
        self.retry_after_s = retry_after_s

    @property
    def mapping(self) -> Mapping:
        """How this error looks on the transports."""
        return TABLE[self.reason]


class InvalidInput(OmsError):
    """The request is malformed."""

    default_reason = Reason.INVALID_INPUT


class Unauthenticated(OmsError):
    """No token, or one that does not verify."""

    default_reason = Reason.UNAUTHENTICATED


class Forbidden(OmsError):
    """The caller may not do this."""

    default_reason = Reason.FORBIDDEN


class ReadOnlyBranch(Forbidden):
    """The branch takes no writes."""

    default_reason = Reason.READ_ONLY_BRANCH


class NotFound(OmsError):
    """What was named does not exist."""

    default_reason = Reason.NOT_FOUND


class Conflict(OmsError):
    """The change contradicts the present state: STALE_HEAD, MERGE_CONFLICT or ALREADY_EXISTS."""

    default_reason = Reason.STALE_HEAD


class AlreadyExists(Conflict):
    """What should be created exists."""

    default_reason = Reason.ALREADY_EXISTS


class PreconditionFailed(OmsError):
    """The document is not the one that the caller saw."""

    default_reason = Reason.PRECONDITION_FAILED


class Gone(OmsError):
    """It was there and is no more."""

    default_reason = Reason.GONE


class ValidationFailed(OmsError):
    """The change breaks rules; `violations` lists each."""

    default_reason = Reason.VALIDATION_FAILED


class TooLarge(OmsError):
    """A limit is exceeded."""

    default_reason = Reason.TOO_LARGE


class RateLimited(OmsError):
    """Too many calls."""

    default_reason = Reason.RATE_LIMITED


class Unsupported(OmsError):
    """Known, but not offered here."""

    default_reason = Reason.UNSUPPORTED


class Unavailable(OmsError):
    """A dependency is away; nothing was done."""

    default_reason = Reason.UNAVAILABLE


class DeadlineExceeded(OmsError):
    """The call's deadline has passed."""

    default_reason = Reason.DEADLINE_EXCEEDED


class Internal(OmsError):
    """A fault of the service itself."""


_KINDS: tuple[type[OmsError], ...] = (
    InvalidInput,
    Unauthenticated,
    Forbidden,
    ReadOnlyBranch,
    NotFound,
    Conflict,
    AlreadyExists,
    PreconditionFailed,
    Gone,
    ValidationFailed,
    TooLarge,
    RateLimited,
    Unsupported,
    Unavailable,
    DeadlineExceeded,
    Internal,
)
_TYPES: dict[Reason, type[OmsError]] = {kind.default_reason: kind for kind in _KINDS} | {
    Reason.MERGE_CONFLICT: Conflict,
    Reason.USE_STREAM: TooLarge,
}


def from_reason(
    reason: Reason,
    detail: str,
    *,
    field: str | None = None,
    violations: Sequence[Violation] = (),
    retry_after_s: float | None = None,
) -> OmsError:
    """The error of that reason, as a client rebuilds it from what came over the wire."""
    return _TYPES[reason](detail, field=field, reason=reason, violations=violations, retry_after_s=retry_after_s)
