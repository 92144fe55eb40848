"""A pull consumer as a feed that outlives the broker's absences.

One pull request at a time asks for as many messages as the credit allows; the server's `max_ack_pending` is the same
number, so that no more than that is anywhere on the way, however slow the subscriber. Heartbeats tell a quiet stream
from a lost request.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription
from nats.js import JetStreamContext

from event_gateway.adapters.connection import NatsConnection
from event_gateway.adapters.consumers import consumer_of
from event_gateway.application.ports import BrokerAwayError
from event_gateway.domain.subscription import Action, Delivery, Settlement, Subscription
from shared.errors import InvalidInput
from shared.events.routing import STREAM, accepts

_log = structlog.get_logger(__name__)
_PULL_S = 30.0
_HEARTBEAT_S = 1.0
_SILENCE_S = 2.5
_DRAIN_S = 2.0
_NANOSECONDS = 1_000_000_000
_HEARTBEAT = "100"
_PULL_ENDED = ("404", "408")
_GONE = ("consumer deleted", "no responders")


class JetStreamFeed:
    """See the port; `start` first."""

    def __init__(self, connection: NatsConnection, subscription: Subscription) -> None:
        self._connection = connection
        self._subscription = subscription
        self._consumer = ""
        self._resume_at = 0
        self._highest = 0
        self._open: OrderedDict[int, Msg] = OrderedDict()

    async def start(self) -> None:
        """Make or find the consumer. Raises BrokerAwayError, InvalidInput."""
        info = await consumer_of(self._connection.jetstream(), self._subscription, self._resume_at)
        self._consumer = info.name
        if not self._resume_at and info.delivered is not None:
            self._resume_at = info.delivered.stream_seq + 1

    async def deliveries(self) -> AsyncGenerator[Delivery, None]:
        """See the port."""
        while True:
            try:
                async with aclosing(self._pulled()) as pulled:
                    async for message in pulled:
                        yield self._delivered(message)
            except BrokerAwayError:
                _log.info("feed_interrupted", consumer=self._consumer)
                await self._resume()

    async def settle(self, settlement: Settlement) -> bool:
        """See the port. A token is `<stream sequence>-<attempt>`; a settlement counts whichever attempt it names."""
        sequence = _sequence(settlement.token)
        if sequence > self._highest:
            raise InvalidInput("no delivery of this subscription has this token", field="token")
        message = self._open.get(sequence)
        if message is None:
            return False
        try:
            await _tell(message, settlement)
        except (OSError, nats.errors.Error):
            return False
        if settlement.action is not Action.IN_PROGRESS:
            self._open.pop(sequence, None)
        return True

    async def close(self) -> None:
        """See the port."""
        try:
            for message in self._open.values():
                await message.nak()
            if not self._subscription.consumer:
                await self._connection.jetstream().delete_consumer(STREAM, self._consumer)
        except (TimeoutError, OSError, BrokerAwayError, nats.errors.Error):
            # Nothing is lost: what is unsettled comes again after its waiting time, an idle consumer goes by itself.
            _log.info("feed_closed_without_broker", consumer=self._consumer)
        self._open.clear()

    async def _resume(self) -> None:
        if self._highest:
            self._resume_at = min(self._open, default=self._highest + 1)
        while True:
            await self._connection.wait_available()
            try:
                await self.start()
            except BrokerAwayError:
                self._connection.doubt()
            else:
                return

    async def _pulled(self) -> AsyncGenerator[Msg, None]:
        client = self._connection.client()
        arrived: asyncio.Queue[Msg] = asyncio.Queue()
        inbox = client.new_inbox()
        try:
            subscription = await client.subscribe(inbox, cb=arrived.put)
            try:
                while True:
                    await self._request(client, inbox)
                    async with aclosing(self._answers(arrived)) as answers:
                        async for message in answers:
                            yield message
            finally:
                await _end(client, subscription, arrived)
        except (TimeoutError, OSError, nats.errors.Error) as error:
            raise BrokerAwayError("the pull was cut off") from error

    async def _request(self, client: Client, inbox: str) -> None:
        request = {
            "batch": self._subscription.credit,
            "expires": int(_PULL_S * _NANOSECONDS),
            "idle_heartbeat": int(_HEARTBEAT_S * _NANOSECONDS),
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{self._consumer}"
        await client.publish(subject, json.dumps(request).encode(), reply=inbox)

    async def _answers(self, arrived: "asyncio.Queue[Msg]") -> AsyncGenerator[Msg, None]:
        """What one pull request brings, until it is fulfilled or has run out."""
        left = self._subscription.credit
        while left:
            async with asyncio.timeout(_SILENCE_S):
                message = await arrived.get()
            status = JetStreamContext.is_status_msg(message)
            if status == _HEARTBEAT:
                continue
            if status:
                _check(status, message)
                return
            left -= 1
            if accepts(message.subject, self._subscription.types, self._subscription.partition_key):
                yield message
            else:
                await message.ack()

    def _delivered(self, message: Msg) -> Delivery:
        sequence, attempt = message.metadata.sequence.stream, message.metadata.num_delivered
        self._open[sequence] = message
        self._open.move_to_end(sequence)
        # The broker leaves at most `credit` unsettled; older entries were settled through another subscriber.
        while len(self._open) > 2 * self._subscription.credit:
            self._open.popitem(last=False)
        self._highest = max(self._highest, sequence)
        traceparent = (message.headers or {}).get("traceparent", "")
        return Delivery(f"{sequence}-{attempt}", sequence, attempt, message.data, traceparent)


def _sequence(token: str) -> int:
    sequence, _, attempt = token.partition("-")
    if not (sequence.isascii() and sequence.isdigit() and attempt.isascii() and attempt.isdigit()):
        raise InvalidInput("no delivery of this subscription has this token", field="token")
    return int(sequence)


async def _tell(message: Msg, settlement: Settlement) -> None:
    if settlement.action is Action.ACK:
        await message.ack()
    elif settlement.action is Action.NAK:
        await message.nak(settlement.delay_s or None)
    elif settlement.action is Action.TERM:
        await message.term()
    else:
        await message.in_progress()


def _check(status: str, message: Msg) -> None:
    """Return where the request has merely run out; raise where the consumer or the stream is no more."""
    description = (message.headers or {}).get("Description", "").lower()
    if status in _PULL_ENDED or (status == "409" and not any(word in description for word in _GONE)):
        return
    raise BrokerAwayError("the consumer is gone")


async def _end(client: Client, subscription: NatsSubscription, arrived: "asyncio.Queue[Msg]") -> None:
    """Take no more, then give back what came and was not handed out.

    In this order, and with what the client still holds for us: a message left behind would come to nobody until its
    waiting time is over.
    """
    try:
        if client.is_connected:
            async with asyncio.timeout(_DRAIN_S):
                await subscription.drain()  # type: ignore[no-untyped-call]
        elif not client.is_closed:
            await subscription.unsubscribe()
        while not arrived.empty():
            message = arrived.get_nowait()
            if not JetStreamContext.is_status_msg(message):
                await message.nak()
    except (TimeoutError, OSError, nats.errors.Error):
        _log.info("feed_ended_without_broker")
