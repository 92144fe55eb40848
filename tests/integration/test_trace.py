"""One write is one trace: client → OMS → kernel → relay → gateway → subscriber."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id, set_span_in_context
from support.callers import calling_as
from support.platform import Platform
from support.waiting import eventually

from shared.clients import EventGatewayClient
from shared.clients.event_subscription import Subscribe
from shared.http.client import open_http_client
from shared.telemetry import Telemetry, span_from_traceparent

MOVIE = {
    "name": "Movie",
    "primaryKey": ["title"],
    "properties": [{"name": "title", "baseType": "string", "required": True}],
}
ALONG_THE_WAY = [
    ("client", "client", "POST"),
    ("oms", "server", "POST /api/v1/objects/{type_name}"),
    ("oms", "client", "data_kernel.v1.DocumentService/PutDocument"),
    ("data-kernel", "server", "data_kernel.v1.DocumentService/PutDocument"),
    ("data-kernel", "internal", "outbox relay"),
    ("data-kernel", "client", "event_gateway.v1.EventGatewayService/Publish"),
    ("event-gateway", "server", "event_gateway.v1.EventGatewayService/Publish"),
    ("event-gateway", "producer", "send OMS_EVENTS"),
]


@pytest.fixture
def recorded() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
async def telemetry(recorded: InMemorySpanExporter) -> AsyncIterator[Telemetry]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(recorded))
    telemetry = Telemetry("client", tracer_provider=provider)
    yield telemetry
    telemetry.shutdown()


async def test_one_write_one_trace(platform: Platform, telemetry: Telemetry, recorded: InMemorySpanExporter) -> None:
    oms = open_http_client(platform.oms_url, audience="oms", telemetry=telemetry)
    with calling_as(platform):
        (await oms.post("/api/v1/object-types", json=MOVIE)).raise_for_status()
        recorded.clear()
        standing = asyncio.Event()
        consumer = asyncio.create_task(consume_one(platform, telemetry, standing))
        await asyncio.wait_for(standing.wait(), 10)
        (await oms.post("/api/v1/objects/Movie", json={"title": "Alien"})).raise_for_status()
        await asyncio.wait_for(consumer, 20)
    await oms.aclose()

    mine = [told(span) for span in recorded.get_finished_spans()]
    (trace_id,) = {span["trace_id"] for span in mine}

    async def complete() -> list[dict[str, Any]] | None:
        spans = mine + platform.spans(trace_id)
        wanted = {(service, kind) for service, kind, _ in ALONG_THE_WAY}
        there = wanted <= {(span["service"], span["kind"].lower()) for span in spans}
        # A span is written when it ends, and those above end later.
        return spans if there and not orphans(spans) else None

    spans = await eventually(complete, what="every span of the trace")
    chain = way_to_the_root(spans, service="event-gateway", name="send OMS_EVENTS")
    assert [(span["service"], span["kind"].lower(), span["name"]) for span in chain] == ALONG_THE_WAY
    kernel = next(span for span in chain if span["service"] == "data-kernel")
    assert any((span["name"], span["parent_span_id"]) == ("store write", kernel["span_id"]) for span in spans), (
        "the commit in the store is a child of the kernel's span"
    )
    (consumed,) = [span for span in spans if span["name"] == "consume"]
    assert consumed["parent_span_id"] == kernel["span_id"]
    assert [span["name"] for span in spans if not span["parent_span_id"]] == ["POST"]


def orphans(spans: list[dict[str, Any]]) -> list[str]:
    ids = {span["span_id"] for span in spans}
    return [span["name"] for span in spans if span["parent_span_id"] and span["parent_span_id"] not in ids]


async def consume_one(platform: Platform, telemetry: Telemetry, standing: asyncio.Event) -> None:
    """Take the first document event, under a span of its own, as a consumer would."""
    client = EventGatewayClient(platform.gateway_grpc)
    async for delivery in client.subscribe(Subscribe(types=["io.oms.document.created.v1"]), on_standing=standing.set):
        parent = span_from_traceparent(delivery.traceparent)
        assert parent is not None
        with telemetry.tracer.start_as_current_span(
            "consume", context=set_span_in_context(parent), kind=SpanKind.CONSUMER
        ):
            await delivery.ack()
        break
    await client.close()


def told(span: ReadableSpan) -> dict[str, Any]:
    """A span of this process in the words of the platform's span files."""
    return {
        "service": "client",
        "name": span.name,
        "kind": span.kind.name,
        "trace_id": format_trace_id(span.context.trace_id),
        "span_id": format_span_id(span.context.span_id),
        "parent_span_id": format_span_id(span.parent.span_id) if span.parent else "",
    }


def way_to_the_root(spans: list[dict[str, Any]], *, service: str, name: str) -> list[dict[str, Any]]:
    """The span of that name and those above it, the root first."""
    by_id = {span["span_id"]: span for span in spans}
    span = next(span for span in spans if (span["service"], span["name"]) == (service, name))
    way = [span]
    while way[0]["parent_span_id"]:
        way.insert(0, by_id[way[0]["parent_span_id"]])
    return way
