"""Span and metrics of one call, on either side; without a recording span only numbers are kept."""

import time

import grpc
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, set_span_in_context

from shared.telemetry import Telemetry, names
from shared.telemetry.traceparent import parse_traceparent

_LABELS = ("service", "method", "code")
_SERVER_FAULTS = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
"""Codes with which a server's span has failed; the rest is the client's doing (semantic conventions of RPC)."""


class CallMeasures:
    """The families of one side and the tracer; `service` is the peer's or the own name, as it labels the metrics."""

    def __init__(self, telemetry: Telemetry, *, kind: SpanKind, service: str) -> None:
        registry = telemetry.registry
        is_server = kind is SpanKind.SERVER
        duration = names.RPC_SERVER_DURATION if is_server else names.RPC_CLIENT_DURATION
        in_flight = names.RPC_SERVER_IN_FLIGHT if is_server else names.RPC_CLIENT_IN_FLIGHT
        self.duration = registry.histogram(duration, "Duration of calls in seconds, streams to their end.", _LABELS)
        self.in_flight = registry.gauge(in_flight, "Calls in progress.", ("service",)).labels(service)
        self.tracer = telemetry.tracer
        self.kind = kind
        self.service = service
        self.failures = _SERVER_FAULTS if is_server else frozenset(grpc.StatusCode) - {grpc.StatusCode.OK}

    def start(self, route: str, *, traceparent: str = "", tracestate: str = "") -> "CallMeasure":
        """Measure a call to `route` (`/package.Service/Method`), below the remote span or else the current one."""
        remote = parse_traceparent(traceparent, tracestate) if traceparent else None
        return CallMeasure(self, route, remote)


class CallMeasure:
    """One call's; `span` is the parent of what happens within."""

    __slots__ = ("_families", "_method", "_started_s", "span")

    def __init__(self, families: CallMeasures, route: str, remote: SpanContext | None) -> None:
        self._families = families
        self._method = route.removeprefix("/")
        parent = set_span_in_context(NonRecordingSpan(remote)) if remote else None
        self.span: Span = families.tracer.start_span(self._method, parent, families.kind)
        families.in_flight.inc()
        self._started_s = time.perf_counter()

    def finish(self, code: grpc.StatusCode, reason: str = "") -> None:
        """Record how the call ended; to be called once."""
        families = self._families
        families.in_flight.dec()
        families.duration.labels(families.service, self._method, code.name).observe(
            time.perf_counter() - self._started_s
        )
        span = self.span
        if span.is_recording():
            span.set_attribute(names.RPC_SYSTEM, "grpc")
            span.set_attribute(names.RPC_METHOD, self._method)
            span.set_attribute(names.RPC_STATUS_CODE, code.name)
            if reason:
                span.set_attribute(names.OMS_ERROR_REASON, reason)
            if code in families.failures:
                span.set_attribute(names.ERROR_TYPE, code.name)
                span.set_status(StatusCode.ERROR)
        span.end()
