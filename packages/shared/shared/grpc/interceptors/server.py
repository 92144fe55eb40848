"""The server's interceptor: context, identity, deadline, errors, span and metrics of every call."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import grpc
import structlog
from opentelemetry import context as otel_context
from opentelemetry.trace import SpanKind, format_trace_id, set_span_in_context

from shared import context as call_context
from shared.context import CallContext
from shared.errors import DeadlineExceeded, Internal, OmsError, Unavailable, Unsupported
from shared.grpc.deadlines import deadline_in
from shared.grpc.errors import DETAILS_KEY, code_of, status_from_error
from shared.grpc.interceptors.handlers import (
    Body,
    Handler,
    Method,
    ServicerContext,
    code_set,
    remaining_s,
    wrapped,
)
from shared.grpc.interceptors.measures import CallMeasure, CallMeasures
from shared.grpc.metadata import TRACEPARENT, TRACESTATE, Metadatum, check_size, read_metadata

if TYPE_CHECKING:
    from shared.security import Authenticator
    from shared.telemetry import Telemetry

DEFAULT_UNARY_DEADLINE_S = 30.0
"""For unary calls whose client sets none; streams without one are open-ended."""
OPEN_PREFIXES = ("/grpc.health.v1.", "/grpc.reflection.v1alpha.", "/grpc.reflection.v1.")
"""Routes of what answers without a token."""

NO_IMMEDIATE_RETRY: Metadatum = ("grpc-retry-pushback-ms", "-1")
"""Where the error says when another attempt makes sense, gRPC itself must not make one at once (gRFC A6)."""

_RECONNECT_AFTER_S = 0.5


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Does for each call of the server what must be done for all of them."""

    def __init__(
        self,
        *,
        service: str,
        authenticator: "Authenticator",
        telemetry: "Telemetry",
        metadata_limit_bytes: int,
        unary_deadline_s: float = DEFAULT_UNARY_DEADLINE_S,
    ) -> None:
        self._authenticator = authenticator
        self._measures = CallMeasures(telemetry, kind=SpanKind.SERVER, service=service)
        self._metadata_limit_bytes = metadata_limit_bytes
        self._unary_deadline_s = unary_deadline_s
        self._handlers: dict[str, Handler] = {}
        self._open_ended: set[asyncio.Timeout] = set()
        self._draining = False

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """The method's handler, wrapped once and kept; None for a method that is not there."""
        route = handler_call_details.method
        if route not in self._handlers:
            handler = await continuation(handler_call_details)
            if handler is None:
                return None
            self._handlers[route] = wrapped(handler, route, self._run)
        return self._handlers[route]

    def drain(self) -> None:
        """End the streams without a deadline, those at hand and those to come: their clients go to another server."""
        self._draining = True
        now = asyncio.get_running_loop().time()
        for scope in self._open_ended:
            scope.reschedule(now)

    async def _run(self, method: Method, context: ServicerContext, body: Body) -> Any:
        metadata: tuple[Metadatum, ...] = tuple(context.invocation_metadata() or ())
        measure = self._measures.start(
            method.route, traceparent=_first(metadata, TRACEPARENT), tracestate=_first(metadata, TRACESTATE)
        )
        token = otel_context.attach(set_span_in_context(measure.span))
        code, reason = grpc.StatusCode.UNKNOWN, ""
        try:
            answer = await self._answer(method, context, metadata, measure, body)
            code = code_set(context) or grpc.StatusCode.OK
        except OmsError as error:
            code, reason = code_of(error), error.reason.value
            await _abort(context, error)
        except grpc.aio.AbortError:
            code = code_set(context) or grpc.StatusCode.UNKNOWN
            raise
        except (asyncio.CancelledError, grpc.aio.BaseError):
            code = grpc.StatusCode.DEADLINE_EXCEEDED if remaining_s(context) == 0 else grpc.StatusCode.CANCELLED
            raise
        else:
            return answer
        finally:
            measure.finish(code, reason)
            otel_context.detach(token)

    async def _answer(
        self,
        method: Method,
        context: ServicerContext,
        metadata: tuple[Metadatum, ...],
        measure: CallMeasure,
        body: Body,
    ) -> Any:
        """The body's answer in the call's context; raises errors of the table, beside gRPC's own and cancellation."""
        trace_id = format_trace_id(measure.span.get_span_context().trace_id)
        call = self._incoming(method.route, metadata, trace_id)
        time_s = remaining_s(context)
        if time_s is None and not method.is_stream:
            time_s = self._unary_deadline_s
        with call_context.use(call), deadline_in(time_s):
            try:
                return await self._in_time(body, time_s)
            except (OmsError, grpc.aio.BaseError):
                raise
            except Exception as error:
                raise _as_oms_error(error, method, context) from error

    def _incoming(self, route: str, metadata: tuple[Metadatum, ...], trace_id: str) -> CallContext:
        check_size(metadata, self._metadata_limit_bytes)
        if route.startswith(OPEN_PREFIXES):
            return CallContext(trace_id=trace_id, method="RPC", route=route)
        incoming = read_metadata(metadata, route=route, trace_id=trace_id)
        caller = self._authenticator.authenticate(
            bearer_token=incoming.context.bearer_token, service_proof=incoming.service_proof
        )
        return replace(incoming.context, caller=caller)

    async def _in_time(self, body: Body, time_s: float | None) -> Any:
        scope = asyncio.timeout(time_s)
        try:
            async with scope:
                with self._tracked(scope, time_s):
                    return await body()
        except TimeoutError:
            if not scope.expired():
                raise
            if time_s is None:
                raise Unavailable("the server is stopping", retry_after_s=_RECONNECT_AFTER_S) from None
            raise DeadlineExceeded("the call's deadline has passed") from None

    @contextmanager
    def _tracked(self, scope: asyncio.Timeout, time_s: float | None) -> Iterator[None]:
        if time_s is not None:
            yield
            return
        if self._draining:
            raise Unavailable("the server is stopping", retry_after_s=_RECONNECT_AFTER_S)
        self._open_ended.add(scope)
        try:
            yield
        finally:
            self._open_ended.discard(scope)


def _as_oms_error(error: Exception, method: Method, context: ServicerContext) -> OmsError:
    # What the generated base classes do for a method that the servicer leaves out.
    if isinstance(error, NotImplementedError) and code_set(context) is grpc.StatusCode.UNIMPLEMENTED:
        return Unsupported("this method is not offered here")
    structlog.get_logger().error("rpc_failed", route=method.route, exc_info=error)
    return Internal("internal error; the log has it under the trace id")


async def _abort(context: ServicerContext, error: OmsError) -> None:
    status = status_from_error(error)
    trailing: tuple[Metadatum, ...] = ((DETAILS_KEY, status.SerializeToString()),)
    if error.retry_after_s is not None:
        trailing += (NO_IMMEDIATE_RETRY,)
    await context.abort(code_of(error), status.message, trailing)


def _first(metadata: tuple[Metadatum, ...], wanted: str) -> str:
    return next((value for key, value in metadata if key == wanted and isinstance(value, str)), "")
