"""A subscription at the event gateway over gRPC."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from shared.errors import Unavailable
from shared.events.protobuf import from_proto
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2 as pb

if TYPE_CHECKING:
    from cloudevents.core.v1.event import CloudEvent

    from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2_grpc

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class StartFrom:
    """Where a new subscription starts: at one of these, else with new events alone."""

    all: bool = False
    sequence: int | None = None
    time: datetime | None = None

    def message(self) -> pb.StartPosition | None:
        """The message; `None` is new events alone."""
        if self.time is not None:
            time = Timestamp()
            time.FromDatetime(self.time.astimezone(UTC))
            return pb.StartPosition(time=time)
        if self.sequence is not None:
            return pb.StartPosition(sequence=self.sequence)
        return pb.StartPosition(all=True) if self.all else None


NEW_EVENTS = StartFrom()


@dataclass(frozen=True, slots=True)
class Subscribe:
    """What is asked for.

    `types` are exact or end in `.*`; none is all. An empty `partition_key` is all. With a `durable_name` the place is
    kept and an existing one resumed. At most `credit` deliveries are unsettled at a time; one that is neither settled
    nor extended within `ack_wait_s` comes again.
    """

    types: Sequence[str] = ()
    durable_name: str = ""
    partition_key: str = ""
    start: StartFrom = NEW_EVENTS
    credit: int = 100
    ack_wait_s: float = 30.0

    def message(self) -> pb.SubscribeRequest:
        """The first message of the call."""
        return pb.SubscribeRequest(
            start=pb.SubscribeStart(
                durable_name=self.durable_name,
                types=self.types,
                partition_key=self.partition_key,
                start=self.start.message(),
                credit=self.credit,
                ack_wait=_duration(self.ack_wait_s),
            )
        )


class Delivery:
    """One event handed over; settle it once. Settling raises Unavailable where the subscription broke meanwhile."""

    def __init__(self, message: pb.SubscribeResponse, settle: "_Settle") -> None:
        self.event: CloudEvent = from_proto(message.event)
        self.sequence: int = message.sequence
        self.attempt: int = message.attempt
        self._token = message.token
        self._settle = settle

    @property
    def traceparent(self) -> str:
        """The trace that the event began with, to be the parent of the consumer's span; empty: none."""
        return str(self.event.get_extension("traceparent") or "")

    async def ack(self) -> None:
        """Done."""
        await self._settle(self._token, pb.SubscribeAck.ACTION_ACK)

    async def nak(self, delay_s: float = 0.0) -> None:
        """Deliver again after `delay_s` seconds."""
        await self._settle(self._token, pb.SubscribeAck.ACTION_NAK, delay_s)

    async def term(self) -> None:
        """Never deliver again."""
        await self._settle(self._token, pb.SubscribeAck.ACTION_TERM)

    async def in_progress(self) -> None:
        """Still at work: the time to settle begins anew."""
        await self._settle(self._token, pb.SubscribeAck.ACTION_IN_PROGRESS)


class _Settle:
    """Sends what becomes of deliveries, one message at a time."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self._writing = asyncio.Lock()

    async def __call__(self, token: str, action: "pb.SubscribeAck.Action.ValueType", delay_s: float = 0.0) -> None:
        delay = _duration(delay_s) if delay_s else None
        message = pb.SubscribeRequest(ack=pb.SubscribeAck(token=token, action=action, delay=delay))
        async with self._writing:
            try:
                await self._call.write(message)
            except asyncio.InvalidStateError as error:
                raise Unavailable("the subscription has ended; the delivery comes again") from error


async def deliveries(
    stub: "event_gateway_pb2_grpc.EventGatewayServiceAsyncStub",
    asked: Subscribe,
    on_standing: Callable[[], None] | None = None,
) -> AsyncGenerator[Delivery, None]:
    """The deliveries of a subscription; `on_standing` is called each time that it stands.

    A durable subscription is opened again where the gateway goes away, and resumes; any other ends with Unavailable.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            async with aclosing(_of_one_call(stub, asked)) as messages:
                async for delivery in messages:
                    pause_s = _FIRST_PAUSE_S
                    if delivery is not None:
                        yield delivery
                    elif on_standing is not None:
                        on_standing()
        except Unavailable:
            if not asked.durable_name:
                raise
        else:
            if not asked.durable_name:
                raise Unavailable("the gateway ended the subscription")
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


async def _of_one_call(
    stub: "event_gateway_pb2_grpc.EventGatewayServiceAsyncStub", asked: Subscribe
) -> Any:  # an asynchronous generator of Delivery, `None` for the word that the subscription stands
    call: Any = stub.Subscribe()
    try:
        await call.write(asked.message())
        settle = _Settle(call)
        async for message in call:
            yield Delivery(message, settle) if message.token else None
    finally:
        call.cancel()


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromTimedelta(timedelta(seconds=seconds))
    return duration
