"""Events in JetStream: the stream, the message of an event, and a publisher that needs no gateway."""

import asyncio
from dataclasses import dataclass
from typing import Any, Self

import nats.errors
import nats.js.errors
import structlog
from cloudevents.core.v1.event import CloudEvent
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, Header, PubAck, RetentionPolicy, StorageType, StreamConfig
from opentelemetry.trace import SpanKind
from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.errors import OmsError, TooLarge, Unavailable
from shared.events.envelope import CONTENT_TYPE, MAX_EVENT_BYTES, parse, to_bytes
from shared.events.routing import STREAM, SUBJECT_PREFIX, route
from shared.telemetry import Telemetry, current_traceparent, names

HEADER_ALLOWANCE_BYTES = 8 * 1024
RETRY_AFTER_S = 1.0
_NAME_IN_USE = 10058
_MESSAGE_TOO_LARGE = 10054


class EventStreamSettings(BaseModel):
    """How the stream of events is kept. An event is gone when any of the limits is reached, the oldest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_age_s: float = Field(7 * 24 * 3600, gt=0, description="seconds that an event is kept")
    max_bytes: int = Field(-1, ge=-1, description="bytes of all events; -1 is no limit")
    duplicate_window_s: float = Field(600, gt=0, description="seconds within which an event sent again is a duplicate")
    max_event_bytes: int = Field(MAX_EVENT_BYTES, gt=0, description="bytes of one event with its attributes")
    replicas: int = Field(1, ge=1, le=5, description="servers that hold a copy")

    @model_validator(mode="after")
    def _window_fits(self) -> Self:
        if self.duplicate_window_s > self.max_age_s:
            raise ValueError("duplicate_window_s may not exceed max_age_s")
        return self

    def stream_config(self) -> StreamConfig:
        """The stream as NATS is told of it."""
        return StreamConfig(
            name=STREAM,
            subjects=[f"{SUBJECT_PREFIX}.>"],
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.OLD,
            storage=StorageType.FILE,
            max_age=self.max_age_s,
            max_bytes=self.max_bytes,
            max_msg_size=self.max_event_bytes + HEADER_ALLOWANCE_BYTES,
            duplicate_window=self.duplicate_window_s,
            num_replicas=self.replicas,
        )


@dataclass(frozen=True, slots=True)
class BrokerMessage:
    """What goes to NATS for an event."""

    subject: str
    payload: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an event is in the stream, and whether it was there before."""

    sequence: int
    duplicate: bool


def to_message(event: CloudEvent, traceparent: str = "") -> BrokerMessage:
    """The message of a normal event; `traceparent` is this hop's, the event keeps the one it began with."""
    target = route(event)
    headers = {str(Header.MSG_ID.value): target.message_id, "Content-Type": CONTENT_TYPE}
    if traceparent:
        headers["traceparent"] = traceparent
    return BrokerMessage(target.subject, to_bytes(event), headers)


def from_message(message: Msg) -> CloudEvent:
    """The event of a message of the stream; errors as `shared.events.envelope.parse`."""
    return parse(message.data)


async def connect(nats_url: str, *, name: str, timeout_s: float = 2.0) -> Client:
    """A connection that comes back by itself and never buffers what is published meanwhile.

    So whoever publishes knows at once that the broker is away. Raises Unavailable where it is not reached in time.
    """
    client = Client()

    async def log_error(error: Exception) -> None:
        structlog.get_logger(__name__).warning("broker_connection_error", kind=type(error).__name__)

    try:
        async with asyncio.timeout(timeout_s):
            await client.connect(
                nats_url,
                name=name,
                error_cb=log_error,
                connect_timeout=max(1, round(timeout_s)),
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                pending_size=0,
            )
    except (TimeoutError, OSError, nats.errors.Error) as error:
        await client.close()
        raise away() from error
    return client


async def ensure_stream(js: JetStreamContext, settings: EventStreamSettings, *, update: bool = True) -> None:
    """Make the stream; bring an existing one to these settings, unless not to `update`. Raises Unavailable.

    The gateway owns the stream's settings; whoever else publishes makes it only where it is missing.
    """
    config = settings.stream_config()
    try:
        try:
            await js.add_stream(config)
        except nats.js.errors.BadRequestError as error:
            if error.err_code != _NAME_IN_USE:
                raise
            if update:
                await js.update_stream(config)
    except (TimeoutError, nats.errors.Error) as error:
        raise error_of(error) from error


async def publish_message(
    js: JetStreamContext, message: BrokerMessage, *, timeout_s: float, settings: EventStreamSettings | None = None
) -> Stored:
    """Store one message and wait for the acknowledgement; with `settings` a missing stream is made.

    Unavailable after `timeout_s`: it may be stored or not, and sent again within the duplicate window is stored once.
    """
    try:
        try:
            ack = await _publish(js, message, timeout_s)
        except nats.js.errors.NoStreamResponseError:
            if settings is None:
                raise
            await ensure_stream(js, settings, update=False)
            ack = await _publish(js, message, timeout_s)
    except (TimeoutError, nats.errors.Error) as error:
        raise error_of(error) from error
    return Stored(ack.seq, bool(ack.duplicate))


async def _publish(js: JetStreamContext, message: BrokerMessage, timeout_s: float) -> PubAck:
    headers: dict[str, Any] = dict(message.headers)
    return await js.publish(message.subject, message.payload, timeout=timeout_s, stream=STREAM, headers=headers)


def error_of(error: Exception) -> OmsError:
    """The platform's error for one of the NATS client."""
    too_large = isinstance(error, nats.js.errors.APIError) and error.err_code == _MESSAGE_TOO_LARGE
    if too_large or isinstance(error, nats.errors.MaxPayloadError):
        return TooLarge("the broker refuses events of this size", field="event")
    if isinstance(error, nats.js.errors.APIError):
        return Unavailable(f"the broker refused with code {error.err_code}", retry_after_s=RETRY_AFTER_S)
    return away()


def away() -> Unavailable:
    """The broker does not answer."""
    return Unavailable("the broker is away", retry_after_s=RETRY_AFTER_S)


class JetStreamPublisher:
    """Publishes straight to JetStream; connects at the first use and makes the stream where it is missing.

    With the broker away every attempt fails within `timeout_s` and the next one tries anew.
    """

    def __init__(
        self,
        nats_url: str,
        *,
        name: str = "oms",
        settings: EventStreamSettings | None = None,
        timeout_s: float = 2.0,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._nats_url = nats_url
        self._name = name
        self._settings = settings or EventStreamSettings()
        self._timeout_s = timeout_s
        self._telemetry = telemetry or Telemetry.off(name)
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def publish(self, event: CloudEvent) -> Stored:
        """Store a normal event; returns once JetStream has acknowledged it. Unavailable, TooLarge."""
        attributes = {
            names.MESSAGING_SYSTEM: "nats",
            names.MESSAGING_OPERATION_TYPE: "send",
            names.MESSAGING_DESTINATION_NAME: STREAM,
            names.OMS_EVENT_TYPE: event.get_type(),
        }
        with self._telemetry.tracer.start_as_current_span(
            f"send {STREAM}", kind=SpanKind.PRODUCER, attributes=attributes
        ):
            js = await self._jetstream()
            message = to_message(event, current_traceparent())
            return await publish_message(js, message, timeout_s=self._timeout_s, settings=self._settings)

    async def ping(self) -> None:
        """One round trip to the broker; Unavailable."""
        await self._jetstream()
        try:
            await self._connected().flush(timeout=max(1, round(self._timeout_s)))
        except (TimeoutError, nats.errors.Error) as error:
            raise away() from error

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _jetstream(self) -> JetStreamContext:
        async with self._connecting:
            if self._client is None:
                self._client = await connect(self._nats_url, name=self._name, timeout_s=self._timeout_s)
        return self._connected().jetstream(timeout=self._timeout_s)

    def _connected(self) -> Client:
        if self._client is None or not self._client.is_connected:
            raise away()
        return self._client
