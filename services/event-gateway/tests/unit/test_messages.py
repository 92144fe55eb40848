"""From events to the broker's messages, and from the wire to subscriptions."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_gateway.api.grpc.subscriptions import response_of, settlement_of, wish_of
from event_gateway.application.messages import all_events, message_of
from event_gateway.domain.subscription import Action, Delivery, StartAt
from event_gateway.settings import EventGatewaySettings
from shared.context import Caller
from shared.errors import InvalidInput, TooLarge, ValidationFailed
from shared.events.envelope import build, from_json
from shared.events.jetstream import to_message
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2 as pb

CALLER = Caller("alice", "oms")
HOP = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=300), st.integers(0, 10**6))
def test_the_message_is_the_one_that_a_fallback_would_send(key: str, number: int) -> None:
    event = build({"id": str(number), "source": "/s", "type": "a.b.v1", "partitionkey": key}, {"number": number})
    ours, theirs = message_of(event, HOP), to_message(event, HOP)
    assert (ours.subject, ours.payload, ours.message_id) == (
        theirs.subject,
        theirs.payload,
        theirs.headers["Nats-Msg-Id"],
    )
    assert ours.subject == f"oms.a.b.v1.{ours.lane}"


async def test_a_batch_tells_all_that_is_wrong_by_index() -> None:
    good = {"specversion": "1.0", "id": "1", "source": "/s", "type": "a.b"}
    assert [event.get_id() for event in await all_events([good, good], from_json)] == ["1", "1"]
    with pytest.raises(ValidationFailed) as refused:
        await all_events([good, 7, good | {"type": "Bad"}, {}], from_json)
    assert {violation.path.split("/")[1] for violation in refused.value.violations} == {"1", "2", "3"}
    with pytest.raises(TooLarge):
        await all_events([good | {"data": {"x": "x" * 70_000}}], from_json)


@pytest.mark.parametrize(
    ("position", "at"),
    [
        (pb.StartPosition(), StartAt.NEW),
        (pb.StartPosition(all=True), StartAt.ALL),
        (pb.StartPosition(all=False), StartAt.NEW),
        (pb.StartPosition(sequence=4), StartAt.SEQUENCE),
    ],
)
def test_the_start_is_read(position: pb.StartPosition, at: StartAt) -> None:
    wish = wish_of(CALLER, pb.SubscribeRequest(start=pb.SubscribeStart(start=position)))
    assert wish.start.at is at
    assert wish.start.sequence == position.sequence


def test_a_time_is_read_as_utc() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    position = pb.StartPosition()
    position.time.FromDatetime(moment)
    wish = wish_of(CALLER, pb.SubscribeRequest(start=pb.SubscribeStart(start=position)))
    assert wish.start.time == moment


@pytest.mark.parametrize("first", [None, pb.SubscribeRequest(), pb.SubscribeRequest(ack=pb.SubscribeAck())])
def test_the_first_message_is_start(first: pb.SubscribeRequest | None) -> None:
    with pytest.raises(InvalidInput):
        wish_of(CALLER, first)


def test_settlements_are_read_and_bounded() -> None:
    ack = pb.SubscribeAck(token="1-1", action=pb.SubscribeAck.ACTION_NAK)
    ack.delay.FromMilliseconds(1500)
    read = settlement_of(pb.SubscribeRequest(ack=ack))
    assert (read.token, read.action, read.delay_s) == ("1-1", Action.NAK, 1.5)
    assert settlement_of(pb.SubscribeRequest(ack=pb.SubscribeAck(token="1-1"))).action is Action.ACK
    ack.delay.FromSeconds(100_000)
    for bad in (ack, pb.SubscribeAck(action=17)):  # type: ignore[arg-type]
        with pytest.raises(InvalidInput):
            settlement_of(pb.SubscribeRequest(ack=bad))
    with pytest.raises(InvalidInput):
        settlement_of(pb.SubscribeRequest(start=pb.SubscribeStart()))


def test_an_event_keeps_its_trace_and_one_without_gets_the_hops() -> None:
    other = HOP.replace("b7", "c8")
    attributes = {"id": "1", "source": "/s", "type": "a.b"}
    own = message_of(build(attributes | {"traceparent": HOP}), "").payload
    none = message_of(build(attributes), "").payload
    assert response_of(Delivery("1-1", 1, 1, own, other)).event.extensions["traceparent"] == HOP
    assert response_of(Delivery("1-1", 1, 1, none, other)).event.extensions["traceparent"] == other
    assert "traceparent" not in response_of(Delivery("1-1", 1, 1, none)).event.extensions


def test_the_stream_must_take_what_the_gateway_takes() -> None:
    with pytest.raises(ValueError, match="EVENT_STREAM__MAX_EVENT_BYTES"):
        EventGatewaySettings(env="dev", jwt_secret_file=__file__, event_stream={"max_event_bytes": 10})  # type: ignore[arg-type]
