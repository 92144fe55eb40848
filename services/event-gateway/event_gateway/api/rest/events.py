"""`POST /events`: CloudEvents 1.0 over HTTP in binary, structured and batch mode."""

from functools import partial
from typing import TYPE_CHECKING, Any

from cloudevents.core.v1.event import CloudEvent
from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel, Field

from event_gateway.application.messages import all_events, message_of
from event_gateway.domain.publication import Receipt
from shared.events.envelope import BATCH_CONTENT_TYPE, CONTENT_TYPE, from_json
from shared.events.http_binding import batch_items, from_http
from shared.telemetry import current_traceparent

if TYPE_CHECKING:
    from event_gateway.application.publishing import Publishing

_EVENT_SCHEMA: dict[str, Any] = {"type": "object", "required": ["specversion", "id", "source", "type"]}
_OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            CONTENT_TYPE: {"schema": _EVENT_SCHEMA},
            BATCH_CONTENT_TYPE: {"schema": {"type": "array", "items": _EVENT_SCHEMA}},
            "*/*": {"schema": {"description": "Binary mode: the data; the attributes are `ce-` headers."}},
        },
    }
}


class ReceiptBody(BaseModel):
    """Where an event is now."""

    queued: bool = Field(description="Accepted and safe in the spool; the broker gets it later, in order.")
    duplicate: bool = Field(description="It had been accepted before.")
    sequence: int = Field(description="Its place in the stream; 0 while queued.")


class ReceiptsBody(BaseModel):
    """Where the events of a batch are now, in the order asked."""

    results: list[ReceiptBody]


def events_router(*, max_event_bytes: int) -> APIRouter:
    """The route over the use case that the application's state holds as `publishing`; the limit is each event's."""
    router = APIRouter(tags=["events"])

    @router.post(
        "/events",
        summary="Publish one event or a batch",
        openapi_extra=_OPENAPI,
        responses={
            200: {"description": "In the stream."},
            202: {"description": "In the spool; the broker is away.", "model": ReceiptBody | ReceiptsBody},
        },
    )
    async def publish(request: Request, response: Response) -> ReceiptBody | ReceiptsBody:
        """Durable when answered. Bad events are 422 with every violation, and refuse the whole batch."""
        body = await request.body()
        publishing: Publishing = request.state.publishing
        batch = _is_batch(request)
        read = partial(from_json, max_bytes=max_event_bytes)
        events = await all_events(batch_items(body), read) if batch else _one(request, body, max_event_bytes)
        traceparent = current_traceparent()
        receipts = await publishing.publish_all([message_of(event, traceparent) for event in events])
        if any(receipt.queued for receipt in receipts):
            response.status_code = status.HTTP_202_ACCEPTED
        bodies = [_body(receipt) for receipt in receipts]
        return ReceiptsBody(results=bodies) if batch else bodies[0]

    return router


def _is_batch(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == BATCH_CONTENT_TYPE


def _one(request: Request, body: bytes, max_event_bytes: int) -> list[CloudEvent]:
    return from_http(request.headers, body, max_bytes=max_event_bytes)


def _body(receipt: Receipt) -> ReceiptBody:
    return ReceiptBody(queued=receipt.queued, duplicate=receipt.duplicate, sequence=receipt.sequence)
