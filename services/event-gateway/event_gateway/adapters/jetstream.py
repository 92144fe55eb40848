"""The broker port over NATS JetStream: publishing, looking up, and opening feeds."""

from datetime import UTC, datetime

import nats.errors
import nats.js.errors
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, Header
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Tracer, set_span_in_context

from event_gateway.adapters.connection import NatsConnection
from event_gateway.adapters.feed import JetStreamFeed
from event_gateway.application.ports import BrokerAwayError, BrokerRefusedError
from event_gateway.domain.publication import Message, Receipt
from event_gateway.domain.subscription import Subscription
from shared.events.envelope import CONTENT_TYPE
from shared.telemetry import current_traceparent, names, span_from_traceparent

_MESSAGE_ID = str(Header.MSG_ID.value)
_LOOKUP_BATCH = 256
_LOOKUP_IDLE_S = 10.0
_CLOCK_SKEW_S = 60.0
_TRANSIENT = (nats.js.errors.ServiceUnavailableError, nats.js.errors.ServerError)
_NEVER_SENT = (nats.errors.OutboundBufferLimitError, nats.errors.ConnectionClosedError)


class JetStreamBroker:
    """See the port. `timeout_s` bounds every round trip."""

    def __init__(self, connection: NatsConnection, tracer: Tracer, *, timeout_s: float) -> None:
        self._connection = connection
        self._tracer = tracer
        self._timeout_s = timeout_s

    @property
    def available(self) -> bool:
        """See the port."""
        return self._connection.available

    async def wait_available(self) -> None:
        """See the port."""
        await self._connection.wait_available()

    async def publish(self, message: Message) -> Receipt:
        """See the port. The span is a child of the hop that handed the message over, also when that is long ago."""
        attributes = {
            names.MESSAGING_SYSTEM: "nats",
            names.MESSAGING_OPERATION_TYPE: "send",
            names.MESSAGING_DESTINATION_NAME: message.stream,
        }
        with self._tracer.start_as_current_span(
            f"send {message.stream}", _parent(message.traceparent), kind=SpanKind.PRODUCER, attributes=attributes
        ):
            try:
                return await self._send(message)
            except BrokerAwayError:
                self._connection.doubt()
                raise

    async def _send(self, message: Message) -> Receipt:
        js = self._connection.jetstream()
        headers = {_MESSAGE_ID: message.message_id, "Content-Type": CONTENT_TYPE, "traceparent": current_traceparent()}
        sent = {name: value for name, value in headers.items() if value}
        try:
            ack = await js.publish(
                message.subject, message.payload, timeout=self._timeout_s, stream=message.stream, headers=sent
            )
        except (nats.js.errors.NoStreamResponseError, *_TRANSIENT, *_NEVER_SENT) as error:
            raise BrokerAwayError("the stream is not there", maybe_stored=False) from error
        except (nats.js.errors.APIError, nats.errors.MaxPayloadError) as error:
            raise BrokerRefusedError(_code(error)) from error
        except (TimeoutError, OSError, nats.errors.Error) as error:
            raise BrokerAwayError("no confirmation came", maybe_stored=True) from error
        return Receipt(duplicate=bool(ack.duplicate), sequence=ack.seq)

    async def contains(self, message: Message, since_s: float) -> bool:
        """See the port. Reads the headers of the subject's messages from a little before that time on."""
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_TIME,
            opt_start_time=datetime.fromtimestamp(since_s - _CLOCK_SKEW_S, UTC),
            ack_policy=AckPolicy.NONE,
            headers_only=True,
            mem_storage=True,
            num_replicas=1,
            inactive_threshold=_LOOKUP_IDLE_S,
        )
        js = self._connection.jetstream()
        try:
            reader = await js.pull_subscribe(message.subject, stream=message.stream, config=config)
            try:
                left = (await reader.consumer_info()).num_pending or 0
                while left > 0:
                    batch = await reader.fetch(min(left, _LOOKUP_BATCH), timeout=self._timeout_s)
                    if any((found.headers or {}).get(_MESSAGE_ID) == message.message_id for found in batch):
                        return True
                    left -= len(batch)
            finally:
                await reader.unsubscribe()
        except (TimeoutError, OSError, nats.errors.Error) as error:
            self._connection.doubt()
            raise BrokerAwayError("the stream cannot be read") from error
        return False

    async def probe(self) -> None:
        """See the port."""
        await self._connection.round_trip()

    async def open(self, subscription: Subscription) -> JetStreamFeed:
        """See the port."""
        feed = JetStreamFeed(self._connection, subscription)
        await feed.start()
        return feed


def _parent(traceparent: str) -> Context | None:
    span = span_from_traceparent(traceparent) if traceparent else None
    return None if span is None else set_span_in_context(span)


def _code(error: Exception) -> str:
    code = getattr(error, "err_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
