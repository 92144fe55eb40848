"""Announces events through the event-gateway or straight to JetStream, as the flag USE_EVENT_GATEWAY says."""

from cloudevents.core.v1.event import CloudEvent

from data_kernel.application.ports import Event
from shared.clients.event_gateway import EventGatewayClient
from shared.events.envelope import build
from shared.events.jetstream import JetStreamPublisher
from shared.flags.flags import USE_EVENT_GATEWAY, Flags
from shared.flags.value import Path


class FlaggedEventSink:
    """An `EventSink` with one publisher per partition at a time; both give an event the same subject and id."""

    def __init__(self, flags: Flags, gateway: EventGatewayClient, jetstream: JetStreamPublisher) -> None:
        self._flags = flags
        self._gateway = gateway
        self._jetstream = jetstream

    async def publish(self, event: Event, *, gateway_only: bool) -> bool:
        """As `EventSink.publish`."""
        message = to_cloud_event(event)
        # An event that the gateway's spool still holds must not be overtaken, whatever the flag says by now.
        if not gateway_only and self._flags.position(USE_EVENT_GATEWAY, event.partition_key) is Path.LEGACY:
            await self._jetstream.publish(message)
            return True
        published = await self._gateway.publish(message, allow_fallback=not gateway_only)
        return not published.queued


def to_cloud_event(event: Event) -> CloudEvent:
    """The event in the platform's one form."""
    return build(
        {
            "id": event.id,
            "source": event.source,
            "type": event.type,
            "subject": event.subject,
            "time": event.time,
            "dataschema": event.dataschema,
            "datacontenttype": "application/json",
            "partitionkey": event.partition_key,
            "traceparent": event.traceparent or None,
        },
        dict(event.data),
    )
