"""The subscriber of the days before the event-gateway.

Deprecated: `shared.clients.EventGatewayClient.subscribe` does the same through the gateway. This one goes one month
after USE_EVENT_GATEWAY is on in production.
"""

from collections.abc import Awaitable, Callable, Collection

import structlog
from cloudevents.core.v1.event import CloudEvent

from shared.errors import OmsError
from shared.events.jetstream import EventStreamSettings, connect, ensure_stream, from_message
from shared.events.routing import STREAM

Handler = Callable[[CloudEvent], Awaitable[None]]
_BATCH = 64
_WAIT_S = 5.0
_log = structlog.get_logger(__name__)


class EventSubscriber:
    """Reads events straight from JetStream, at least once; `durable` names the place where it goes on.

    `types` are those wanted, none means all. An event whose handler raises an error of the platform comes again.
    """

    def __init__(self, nats_url: str, durable: str, *, types: Collection[str] = ()) -> None:
        self._nats_url = nats_url
        self._durable = durable
        self._types = frozenset(types)

    async def run(self, handler: Handler) -> None:
        """Hand each event to the handler until cancelled; Unavailable where the broker is not reached."""
        client = await connect(self._nats_url, name=self._durable)
        try:
            js = client.jetstream()
            await ensure_stream(js, EventStreamSettings(), update=False)
            consumer = await js.pull_subscribe("oms.>", durable=self._durable, stream=STREAM)
            while True:
                try:
                    messages = await consumer.fetch(_BATCH, _WAIT_S)
                except TimeoutError:
                    continue
                for message in messages:
                    if await self._handled(handler, from_message(message)):
                        await message.ack()
                    else:
                        await message.nak()
        finally:
            await client.close()

    async def _handled(self, handler: Handler, event: CloudEvent) -> bool:
        if self._types and event.get_type() not in self._types:
            return True
        try:
            await handler(event)
        except OmsError as error:
            _log.warning("event_not_handled", type=event.get_type(), reason=error.reason.value)
            return False
        return True
