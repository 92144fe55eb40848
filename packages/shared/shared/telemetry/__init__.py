"""Traces, metrics and logs of a service, set up once in `main` and passed to what uses them."""

from shared.telemetry.metrics import MetricsRegistry
from shared.telemetry.setup import Telemetry, configure
from shared.telemetry.traceparent import current_trace_id, current_traceparent, span_from_traceparent

__all__ = [
    "MetricsRegistry",
    "Telemetry",
    "configure",
    "current_trace_id",
    "current_traceparent",
    "span_from_traceparent",
]
