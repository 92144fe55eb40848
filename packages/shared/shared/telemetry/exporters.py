"""Span exporters: a JSON-lines file, and the filter through which every span leaves the process."""

import os
from collections.abc import Mapping, Sequence
from json import dumps
from pathlib import Path

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Link, Status, format_span_id, format_trace_id
from opentelemetry.util.types import AttributeValue

from shared.telemetry.names import SPAN_ATTRIBUTES

_FILE_MODE = 0o600


class FilteringExporter(SpanExporter):
    """Hands spans on without the attributes and events that are not on the allow-list.

    Exceptions recorded as events, and the description of a status, would carry messages and stack traces: of an event
    the name and time are kept, of a status the code.
    """

    def __init__(self, target: SpanExporter) -> None:
        self._target = target

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export the reduced spans."""
        return self._target.export([_reduced(span) for span in spans])

    def shutdown(self) -> None:
        """Close the target."""
        self._target.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the target."""
        return self._target.force_flush(timeout_millis)


class JsonLinesSpanExporter(SpanExporter):
    """Appends each span to a file as one line of JSON, for development and tests.

    One `write` to a descriptor in append mode is a whole line, so that several processes may share the file.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append the spans; a full disk loses them, not the call."""
        try:
            for span in spans:
                os.write(self._descriptor, dumps(span_as_json(span)).encode() + b"\n")
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the file."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def span_as_json(span: ReadableSpan) -> dict[str, object]:
    """The span as the file has it; ids in hexadecimal, times in nanoseconds since 1970."""
    context = span.context
    return {
        "name": span.name,
        "trace_id": format_trace_id(context.trace_id) if context else "",
        "span_id": format_span_id(context.span_id) if context else "",
        "parent_span_id": format_span_id(span.parent.span_id) if span.parent else "",
        "kind": span.kind.name,
        "service": span.resource.attributes.get("service.name", ""),
        "start_unix_nano": span.start_time,
        "end_unix_nano": span.end_time,
        "attributes": {name: _plain(value) for name, value in (span.attributes or {}).items()},
        "links": [
            {"trace_id": format_trace_id(link.context.trace_id), "span_id": format_span_id(link.context.span_id)}
            for link in span.links
        ],
        "status": span.status.status_code.name,
    }


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _allowed(attributes: Mapping[str, AttributeValue] | None) -> dict[str, AttributeValue]:
    return {name: value for name, value in (attributes or {}).items() if name in SPAN_ATTRIBUTES}


def _reduced(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_allowed(span.attributes),
        events=[Event(event.name, timestamp=event.timestamp) for event in span.events],
        links=[Link(link.context, _allowed(link.attributes)) for link in span.links],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
