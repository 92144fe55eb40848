"""W3C trace context (https://www.w3.org/TR/trace-context/) as text: for metadata, headers, outbox rows, events."""

import re

from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    TraceFlags,
    TraceState,
    format_span_id,
    format_trace_id,
    get_current_span,
)

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_INVALID_VERSION = "ff"
_FIRST_VERSION = "00"


def traceparent_of(span_context: SpanContext) -> str:
    """The header text of a span context; empty where it names no span."""
    if not span_context.is_valid:
        return ""
    trace_id, span_id = format_trace_id(span_context.trace_id), format_span_id(span_context.span_id)
    return f"00-{trace_id}-{span_id}-{span_context.trace_flags & TraceFlags.SAMPLED:02x}"


def current_traceparent() -> str:
    """The traceparent of the span in progress; empty outside of one."""
    return traceparent_of(get_current_span().get_span_context())


def current_trace_id() -> str:
    """The trace id of the span in progress, 32 hexadecimal digits; empty outside of one."""
    span_context = get_current_span().get_span_context()
    return format_trace_id(span_context.trace_id) if span_context.is_valid else ""


def span_from_traceparent(traceparent: str, tracestate: str = "") -> Span | None:
    """The remote span that the header names, to be made a parent or a link; None where the text is not well formed."""
    span_context = parse_traceparent(traceparent, tracestate)
    return None if span_context is None else NonRecordingSpan(span_context)


def parse_traceparent(traceparent: str, tracestate: str = "") -> SpanContext | None:
    """The span context that the header names; None where the text is not well formed or names no span."""
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == _INVALID_VERSION or (version == _FIRST_VERSION and rest):
        return None
    state = TraceState.from_header([tracestate]) if tracestate else None
    sampled = TraceFlags(int(flags, 16) & TraceFlags.SAMPLED)
    span_context = SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=sampled, trace_state=state
    )
    return span_context if span_context.is_valid else None
