"""The publisher of the days before the event-gateway.

Deprecated: it serves while USE_EVENT_GATEWAY is off, and goes one month after the flag is on in production.
"""

from cloudevents.core.v1.event import CloudEvent

from shared.events.jetstream import JetStreamPublisher


class UnifiedPublisher:
    """Publishes straight to JetStream, under the same subject and id that the gateway would use."""

    def __init__(self, jetstream: JetStreamPublisher) -> None:
        self._jetstream = jetstream

    async def publish(self, event: CloudEvent) -> bool:
        """Store the event; true once JetStream has acknowledged it. Unavailable while the broker is away."""
        await self._jetstream.publish(event)
        return True
