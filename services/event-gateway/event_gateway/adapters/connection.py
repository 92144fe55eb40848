"""The gateway's one connection to NATS, and whether it can be relied upon.

nats-py reconnects by itself and, as `shared.events` connects it, buffers nothing while it is away. What it does not
tell is whether the stream answers: hence `available`, which a failed round trip takes away and a successful one, with
the stream made sure of, gives back. In between, whoever publishes does not wait for another timeout.
"""

import asyncio

import nats.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import APIError

from event_gateway.application.ports import BrokerAwayError
from shared.errors import OmsError
from shared.events.jetstream import EventStreamSettings, connect, ensure_stream
from shared.events.routing import STREAM

_log = structlog.get_logger(__name__)
_RETRY_S = 0.2
_LOOK_S = 1.0


class NatsConnection:
    """Run `run` as a task; the rest may be called from the start on."""

    def __init__(self, url: str, stream: EventStreamSettings, *, name: str, timeout_s: float) -> None:
        self._url = url
        self._stream = stream
        self._name = name
        self._timeout_s = timeout_s
        self._client: Client | None = None
        self._reason = ""
        self._answered = asyncio.Event()
        self._doubted = asyncio.Event()

    @property
    def available(self) -> bool:
        """Whether the last round trip succeeded and the connection stands."""
        return self._answered.is_set() and self._client is not None and self._client.is_connected

    async def wait_available(self) -> None:
        """Return once `available` holds."""
        while not self.available:
            self.doubt()
            await self._answered.wait()

    def doubt(self) -> None:
        """Say that the broker did not answer: until it does, it counts as away."""
        self._answered.clear()
        self._doubted.set()

    def client(self) -> Client:
        """The connected client. Raises BrokerAwayError."""
        if self._client is None or not self._client.is_connected:
            raise BrokerAwayError("the broker is not connected")
        return self._client

    def jetstream(self) -> JetStreamContext:
        """JetStream over the connected client. Raises BrokerAwayError."""
        return self.client().jetstream(timeout=self._timeout_s)

    async def round_trip(self) -> None:
        """Ask for the stream; a failure counts as doubt. Raises BrokerAwayError."""
        try:
            await self.jetstream().stream_info(STREAM)
        except (TimeoutError, OSError, nats.errors.Error) as error:
            self.doubt()
            raise BrokerAwayError("the stream does not answer") from error

    async def run(self) -> None:
        """Connect, keep the stream in place and watch over both, until cancelled; closes the connection then."""
        try:
            while True:
                if not self.available:
                    await self._recover()
                self._doubted.clear()
                if self.available:
                    await _wait(self._doubted, _LOOK_S)
                else:
                    await asyncio.sleep(_RETRY_S)
        finally:
            self._answered.clear()
            if self._client is not None:
                await self._client.close()

    async def _recover(self) -> None:
        if self._answered.is_set():
            self._answered.clear()
            _log.warning("broker_away")
        try:
            await self._connected()
            await self._make_stream()
        except BrokerAwayError as error:
            self._say_why(error)
            await self._renew()
            return
        self._answered.set()
        self._reason = ""
        _log.info("broker_available")

    def _say_why(self, error: BrokerAwayError) -> None:
        """Log each new reason once: a refused stream configuration looks to callers like an absent broker."""
        cause = error.__cause__ and error.__cause__.__cause__
        reason = f"{error}: {type(cause).__name__}" + (f" {cause.err_code}" if isinstance(cause, APIError) else "")
        if reason != self._reason:
            _log.warning("broker_unusable", reason=reason)
        self._reason = reason

    async def _connected(self) -> None:
        if self._client is None or self._client.is_closed:
            try:
                self._client = await connect(self._url, name=self._name, timeout_s=self._timeout_s)
            except OmsError as error:
                raise BrokerAwayError("the broker cannot be connected") from error

    async def _make_stream(self) -> None:
        try:
            await ensure_stream(self.jetstream(), self._stream)
        except OmsError as error:
            raise BrokerAwayError("the stream cannot be made sure of") from error

    async def _renew(self) -> None:
        """Let go of a connection that stands and does not answer: a peer that vanished is else noticed in minutes."""
        if self._client is not None and self._client.is_connected:
            await self._client.force_reconnect()


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return
