"""The client's side of a call: what it carries, how long it may take, and how its end reaches the caller."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Generator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
from grpc.aio import AioRpcError

from shared import context as call_context
from shared.errors import Unavailable
from shared.grpc import metadata as md
from shared.grpc.deadlines import time_remaining
from shared.grpc.errors import error_from_rpc
from shared.grpc.interceptors.measures import CallMeasure, CallMeasures
from shared.telemetry.traceparent import traceparent_of

if TYPE_CHECKING:
    from shared.security import ServiceSigner

DEFAULT_UNARY_TIMEOUT_S = 10.0
"""For unary calls whose caller gives no timeout."""

_GrpcCall: TypeAlias = Any  # one of the four kinds, which have no common type with all that is used of them


class CallSetup:
    """Makes each call's metadata and timeout from the context in which it is made."""

    def __init__(self, *, audience: str, signer: "ServiceSigner | None", measures: CallMeasures) -> None:
        self._audience = audience
        self._signer = signer
        self._measures = measures

    def start(self, route: str) -> CallMeasure:
        """Begin to measure, as the child of the span in progress."""
        return self._measures.start(route)

    def metadata(self, measure: CallMeasure, given: Mapping[str, str | bytes]) -> tuple[md.Metadatum, ...]:
        """The context's entries below those given by the caller; keys off the whitelist are dropped."""
        proof = self._signer.proof(self._audience) if self._signer else ""
        entries = md.write_metadata(call_context.current(), service_proof=proof)
        span_context = measure.span.get_span_context()
        if span_context.is_valid:
            entries[md.TRACEPARENT] = traceparent_of(span_context)
            if span_context.trace_state:
                entries[md.TRACESTATE] = span_context.trace_state.to_header()
        entries.update(given)
        return tuple(entries.items())


def timeout_of(given_s: float | None, *, is_stream: bool) -> float | None:
    """The call's timeout in seconds: the caller's or the default, and never more than the served call has left."""
    wanted_s = DEFAULT_UNARY_TIMEOUT_S if given_s is None and not is_stream else given_s
    left_s = time_remaining()
    if wanted_s is None or left_s is None:
        return left_s if wanted_s is None else wanted_s
    return min(wanted_s, left_s)


class MeasuredCall:
    """A call in progress, with the interface of `grpc.aio` calls; its errors are those of the platform."""

    def __init__(self, call: _GrpcCall, measure: CallMeasure) -> None:
        self._call = call
        self._responses: AsyncIterator[Any] | None = None
        call.add_done_callback(lambda done: measure.finish(_code_of(done)))

    def __getattr__(self, name: str) -> Any:
        """What is the same as without measuring: `cancel`, `code`, `done_writing`, `time_remaining` and so on."""
        return getattr(self._call, name)

    def __await__(self) -> Generator[Any, None, Any]:
        return self._response().__await__()

    def __aiter__(self) -> AsyncIterator[Any]:
        if self._responses is None:
            self._responses = self._iterate()
        return self._responses

    async def read(self) -> Any:
        """The next message, or `grpc.aio.EOF`."""
        with _translated():
            return await self._call.read()

    async def write(self, request: Any) -> None:
        """Send a message of a request stream."""
        with _translated():
            await self._call.write(request)

    async def wait_for_connection(self) -> None:
        """Wait until the call is on its way."""
        with _translated():
            await self._call.wait_for_connection()

    async def _response(self) -> Any:
        try:
            with _translated():
                return await self._call
        except asyncio.CancelledError:
            # Where nobody cancelled the caller it is the call alone that ended, by a channel that was closed say. To
            # let it pass for the caller's own end would end a task of a group without a word.
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise Unavailable("the call was broken off") from None

    async def _iterate(self) -> AsyncIterator[Any]:
        try:
            with _translated():
                async for message in self._call:
                    yield message
        finally:
            # Who stops reading early has no use for the rest; without this the server would go on until the
            # collector finds the call.
            self._call.cancel()


@contextlib.contextmanager
def _translated() -> Generator[None, None, None]:
    try:
        yield
    except AioRpcError as error:
        raise error_from_rpc(error) from error


def _code_of(call: _GrpcCall) -> grpc.StatusCode:
    """The code of a call that is done: its coroutine then has the answer without waiting, after one step."""
    coroutine = call.code()
    try:
        coroutine.send(None)
    except StopIteration as done:
        code: grpc.StatusCode = done.value
        return code
    coroutine.close()
    return grpc.StatusCode.UNKNOWN
