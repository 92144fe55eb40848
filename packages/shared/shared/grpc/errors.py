"""The platform's errors as `google.rpc.Status`, and back."""

from google.rpc import status_pb2
from grpc.aio import AioRpcError

from shared.errors import OmsError


def status_from_error(error: OmsError) -> status_pb2.Status:
    """The status: ErrorInfo with the reason, BadRequest with the violations, RetryInfo with the delay."""
    raise NotImplementedError


def error_from_rpc(error: AioRpcError) -> OmsError:
    """The error that the server raised, or the one that fits the code where the server (or gRPC itself) sent none."""
    raise NotImplementedError
