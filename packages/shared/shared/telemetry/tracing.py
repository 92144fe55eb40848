"""Chooses where spans go."""

import os
from typing import TYPE_CHECKING

import structlog
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import TracerProvider as AnyTracerProvider

from shared.telemetry.carrying import CarryingTracerProvider
from shared.telemetry.exporters import FilteringExporter, JsonLinesSpanExporter

if TYPE_CHECKING:
    from shared.settings import ServiceSettings

_OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"  # OpenTelemetry's own variable, which its exporter reads, with others


def build_tracer_provider(settings: "ServiceSettings") -> AnyTracerProvider:
    """A provider that exports by OTLP and to `traces_file`, as set; without either, one that but carries trace ids."""
    processors = [*_file_processors(settings), *_otlp_processors()]
    if not processors:
        return CarryingTracerProvider()
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(settings.traces_sample_ratio),
        resource=Resource.create({"service.name": settings.service_name}),
        shutdown_on_exit=False,
    )
    for processor in processors:
        provider.add_span_processor(processor)
    return provider


def _file_processors(settings: "ServiceSettings") -> list[SpanProcessor]:
    if settings.traces_file is None:
        return []
    try:
        exporter = JsonLinesSpanExporter(settings.traces_file)
    except OSError as error:
        structlog.get_logger().warning("traces_file_refused", setting="TRACES_FILE", error=error.strerror)
        return []
    return [SimpleSpanProcessor(FilteringExporter(exporter))]


def _otlp_processors() -> list[SpanProcessor]:
    if not os.environ.get(_OTLP_ENDPOINT):
        return []
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    except ImportError:
        structlog.get_logger().warning("otlp_exporter_missing", setting=_OTLP_ENDPOINT, extra="oms-shared[otlp]")
        return []
    return [BatchSpanProcessor(FilteringExporter(OTLPSpanExporter()))]
