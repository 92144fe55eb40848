"""The platform's errors as `google.rpc.Status`, and back (https://cloud.google.com/apis/design/errors)."""

from collections.abc import Iterable, Sequence

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from grpc.aio import AioRpcError

from shared.errors import TABLE, OmsError, Reason, Violation, from_reason

DOMAIN = "oms"
DETAILS_KEY = "grpc-status-details-bin"
"""The trailing metadata in which gRPC libraries of all languages look for the status."""
MAX_DETAILS_BYTES = 512 * 1024
"""Violations beyond this size are left out and counted; the platform's channels take trailers of twice the size."""

_FIELD = "field"
_LEFT_OUT = "violations_left_out"
_BYTES_PER_VIOLATION = 16
_RETRY_AFTER_S = 1.0

_REASONS: dict[grpc.StatusCode, Reason] = {
    grpc.StatusCode.INVALID_ARGUMENT: Reason.INVALID_INPUT,
    grpc.StatusCode.OUT_OF_RANGE: Reason.INVALID_INPUT,
    grpc.StatusCode.UNAUTHENTICATED: Reason.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED: Reason.FORBIDDEN,
    grpc.StatusCode.NOT_FOUND: Reason.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: Reason.ALREADY_EXISTS,
    grpc.StatusCode.ABORTED: Reason.STALE_HEAD,
    grpc.StatusCode.FAILED_PRECONDITION: Reason.VALIDATION_FAILED,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Reason.TOO_LARGE,
    grpc.StatusCode.UNIMPLEMENTED: Reason.UNSUPPORTED,
    grpc.StatusCode.UNAVAILABLE: Reason.UNAVAILABLE,
    grpc.StatusCode.CANCELLED: Reason.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: Reason.DEADLINE_EXCEEDED,
}
_NAMING_NO_ADDRESS = frozenset({Reason.TOO_LARGE, Reason.UNSUPPORTED, Reason.NOT_FOUND, Reason.INVALID_INPUT})


def code_of(error: OmsError) -> grpc.StatusCode:
    """The gRPC code of the error's reason."""
    return grpc.StatusCode[error.mapping.grpc_code]


def status_from_error(error: OmsError) -> Status:
    """The status: ErrorInfo with the reason, BadRequest with the violations, RetryInfo with the delay."""
    violations, left_out = _fitting(error.violations)
    info = ErrorInfo(reason=error.reason.value, domain=DOMAIN)
    if error.field is not None:
        info.metadata[_FIELD] = _clean(error.field)
    if left_out:
        info.metadata[_LEFT_OUT] = str(left_out)
    details: list[Message] = [info]
    if violations:
        details.append(BadRequest(field_violations=violations))
    if error.retry_after_s is not None:
        retry = RetryInfo()
        retry.retry_delay.FromNanoseconds(round(error.retry_after_s * 1e9))
        details.append(retry)
    return Status(code=code_of(error).value[0], message=_clean(error.detail), details=[_packed(one) for one in details])


def error_from_rpc(error: AioRpcError) -> OmsError:
    """The error that the server raised, or the one that fits the code where the server (or gRPC itself) sent none."""
    status = _status_of(error)
    info, bad_request, retry = ErrorInfo(), BadRequest(), RetryInfo()
    has_retry = False
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad_request)
        has_retry = detail.Unpack(retry) or has_retry
    if info.domain != DOMAIN or info.reason not in TABLE:
        return _error_of_code(error)
    return from_reason(
        Reason(info.reason),
        status.message,
        field=info.metadata.get(_FIELD),
        violations=[Violation(one.field, one.reason, one.description) for one in bad_request.field_violations],
        retry_after_s=retry.retry_delay.ToNanoseconds() / 1e9 if has_retry else None,
    )


def _error_of_code(error: AioRpcError) -> OmsError:
    reason = _REASONS.get(error.code(), Reason.INTERNAL)
    title = TABLE[reason].title
    # gRPC's own text on a failed connection names addresses, another server's may hold anything.
    detail = f"{title}: {error.details()}" if reason in _NAMING_NO_ADDRESS else f"{title}: the peer gave no reason"
    return from_reason(reason, detail, retry_after_s=_RETRY_AFTER_S if reason is Reason.UNAVAILABLE else None)


def _status_of(error: AioRpcError) -> Status:
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY and isinstance(value, bytes):
            try:
                return Status.FromString(value)
            except DecodeError:
                return Status()
    return Status()


def _fitting(violations: Sequence[Violation]) -> tuple[list[BadRequest.FieldViolation], int]:
    fitting: list[BadRequest.FieldViolation] = []
    size = 0
    for one in _as_proto(violations):
        size += one.ByteSize() + _BYTES_PER_VIOLATION
        if size > MAX_DETAILS_BYTES:
            break
        fitting.append(one)
    return fitting, len(violations) - len(fitting)


def _as_proto(violations: Iterable[Violation]) -> Iterable[BadRequest.FieldViolation]:
    for one in violations:
        yield BadRequest.FieldViolation(
            field=_clean(one.path), reason=_clean(one.rule), description=_clean(one.message)
        )


def _packed(message: Message) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed


def _clean(text: str) -> str:
    # A lone surrogate cannot be encoded; an error about it must not fail for it.
    return text.encode("utf-8", "replace").decode()
