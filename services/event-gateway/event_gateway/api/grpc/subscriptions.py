"""Between the messages of Subscribe and the domain."""

from event_gateway.application.subscribing import subscription_of
from event_gateway.domain.subscription import Action, Delivery, Settlement, Start, StartAt, Subscription
from shared.context import Caller
from shared.errors import InvalidInput
from shared.events.envelope import parse
from shared.events.protobuf import to_proto
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2 as pb
from shared.grpc.times import moment_of, seconds_of

MAX_NAK_DELAY_S = 24 * 3600.0
_ACTIONS = {
    pb.SubscribeAck.ACTION_UNSPECIFIED: Action.ACK,
    pb.SubscribeAck.ACTION_ACK: Action.ACK,
    pb.SubscribeAck.ACTION_NAK: Action.NAK,
    pb.SubscribeAck.ACTION_TERM: Action.TERM,
    pb.SubscribeAck.ACTION_IN_PROGRESS: Action.IN_PROGRESS,
}


def wish_of(caller: Caller, first: pb.SubscribeRequest | None) -> Subscription:
    """The checked subscription that the stream's first message asks for. Raises InvalidInput."""
    if first is None or first.WhichOneof("message") != "start":
        raise InvalidInput("the first message of the stream is `start`", field="start")
    start = first.start
    return subscription_of(
        caller,
        durable_name=start.durable_name,
        types=tuple(start.types),
        partition_key=start.partition_key,
        start=_start(start.start),
        credit=start.credit,
        ack_wait_s=seconds_of(start.ack_wait, "ack_wait") if start.HasField("ack_wait") else None,
    )


def settlement_of(request: pb.SubscribeRequest) -> Settlement:
    """What a later message says of a delivery. Raises InvalidInput."""
    if request.WhichOneof("message") != "ack":
        raise InvalidInput("`start` comes first and once; later messages are `ack`", field="ack")
    action = _ACTIONS.get(request.ack.action)
    if action is None:
        raise InvalidInput("no such action", field="ack.action")
    delay_s = seconds_of(request.ack.delay, "ack.delay")
    if not 0 <= delay_s <= MAX_NAK_DELAY_S:
        raise InvalidInput(f"a delay is 0 to {MAX_NAK_DELAY_S:.0f} s", field="ack.delay")
    return Settlement(request.ack.token, action, delay_s)


def response_of(delivery: Delivery) -> pb.SubscribeResponse:
    """The delivery; an event that carries no trace of its own gets that of the hop that published it."""
    event = to_proto(parse(delivery.payload, max_bytes=len(delivery.payload)))
    if delivery.traceparent and "traceparent" not in event.extensions:
        event.extensions["traceparent"] = delivery.traceparent
    return pb.SubscribeResponse(token=delivery.token, event=event, sequence=delivery.sequence, attempt=delivery.attempt)


def _start(position: pb.StartPosition) -> Start:
    kind = position.WhichOneof("position")
    if kind == "all" and position.all:
        return Start(StartAt.ALL)
    if kind == "sequence":
        if position.sequence == 0:
            raise InvalidInput("sequences count from 1", field="start.sequence")
        return Start(StartAt.SEQUENCE, sequence=position.sequence)
    if kind == "time":
        return Start(StartAt.TIME, time=moment_of(position.time, "start.time"))
    return Start(StartAt.NEW)
