"""What the broker holds, read from JetStream itself."""

from cloudevents.core.v1.event import CloudEvent
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.events.jetstream import connect, from_message
from shared.events.routing import STREAM

_PATIENCE_S = 60.0


async def stored_events(nats_url: str) -> list[CloudEvent]:
    """Every event of the stream in its order."""
    client = await connect(nats_url, name="test")
    try:
        js = client.jetstream()
        count = (await js.stream_info(STREAM)).state.messages
        events: list[CloudEvent] = []
        if count:
            # Without acknowledgements, of which no more than a thousand may be owed. The broker forgets a consumer
            # that asks for nothing for 5 s, which a busy machine may well make of a moment.
            config = ConsumerConfig(
                deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE, inactive_threshold=_PATIENCE_S
            )
            consumer = await js.pull_subscribe("oms.>", stream=STREAM, config=config)
            while len(events) < count:
                events += [from_message(message) for message in await consumer.fetch(min(200, count - len(events)), 5)]
        return events
    finally:
        await client.close()
