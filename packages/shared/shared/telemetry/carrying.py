"""A tracer that records nothing and still gives every call a trace id.

OpenTelemetry's own no-op tracer passes on a trace that came in, but starts none: a call without `traceparent` would
have no trace id, and neither would its commit and its log lines.
"""

from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    NoOpTracer,
    Span,
    SpanContext,
    Tracer,
    TracerProvider,
    get_current_span,
)


class CarryingTracer(NoOpTracer):
    """Starts spans that merely stand for their parent; without a parent, for a new, unsampled trace."""

    def __init__(self) -> None:
        self._ids = RandomIdGenerator()

    def start_span(self, name: str, context: Context | None = None, *args: Any, **kwargs: Any) -> Span:  # noqa: ARG002 - OpenTelemetry's signature
        """A span that records nothing."""
        parent = get_current_span(context).get_span_context()
        if parent.is_valid:
            return NonRecordingSpan(parent)
        trace_id, span_id = self._ids.generate_trace_id(), self._ids.generate_span_id()
        return NonRecordingSpan(SpanContext(trace_id, span_id, is_remote=False))


class CarryingTracerProvider(TracerProvider):
    """Gives carrying tracers."""

    def get_tracer(self, *args: Any, **kwargs: Any) -> Tracer:  # noqa: ARG002 - OpenTelemetry's signature
        """A carrying tracer."""
        return CarryingTracer()
