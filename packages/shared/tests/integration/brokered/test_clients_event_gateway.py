import asyncio
from contextlib import aclosing

import grpc
import pytest

from shared.clients import EventGatewayClient, StartFrom, Subscribe, Via
from shared.errors import Unavailable, Unsupported, ValidationFailed
from shared.events import envelope, protobuf
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2 as pb
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2_grpc
from shared.telemetry import Telemetry

EVENT = envelope.build(
    {
        "id": "1",
        "source": "urn:oms:dev:oms",
        "type": "io.oms.commit.v1",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    },
    {"commit": "abc"},
)


class Gateway(event_gateway_pb2_grpc.EventGatewayServiceServicer):
    """Keeps what it is told, and delivers one event on each subscription."""

    def __init__(self) -> None:
        self.published: list[pb.CloudEvent] = []
        self.starts: list[pb.SubscribeStart] = []
        self.acks: list[pb.SubscribeAck] = []
        self.is_queueing = False
        self.is_breaking = False
        self.is_refusing = False

    async def Publish(self, request, context):  # noqa: N802 - the contract's name
        if self.is_refusing:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no")
        self.published.append(request.event)
        return pb.PublishResponse(queued=self.is_queueing, sequence=0 if self.is_queueing else len(self.published))

    async def Subscribe(self, request_iterator, context):  # noqa: N802 - the contract's name
        first = await anext(aiter(request_iterator))
        self.starts.append(first.start)
        yield pb.SubscribeResponse()
        yield pb.SubscribeResponse(token="t1", event=protobuf.to_proto(EVENT), sequence=7, attempt=len(self.starts))
        if self.is_breaking:
            self.is_breaking = False
            await context.abort(grpc.StatusCode.UNAVAILABLE, "going away")
        async for request in request_iterator:
            self.acks.append(request.ack)


@pytest.fixture
async def gateway():
    servicer = Gateway()
    server = grpc.aio.server()
    event_gateway_pb2_grpc.add_EventGatewayServiceServicer_to_server(servicer, server)
    servicer.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield servicer
    await server.stop(None)


@pytest.fixture
async def client(gateway):
    made = EventGatewayClient(gateway.address)
    yield made
    await made.close()


async def test_an_event_goes_through_the_gateway(gateway, client):
    published = await client.publish(EVENT)

    assert (published.via, published.queued, published.sequence) == (Via.GATEWAY, False, 1)
    assert envelope.to_bytes(protobuf.from_proto(gateway.published[0])) == envelope.to_bytes(EVENT)


async def test_the_word_queued_is_handed_on(gateway, client):
    gateway.is_queueing = True

    assert (await client.publish(EVENT)).queued


async def test_with_the_gateway_away_an_event_goes_straight_to_the_broker_and_is_counted(broker, absent_address):
    telemetry = Telemetry.off("oms")
    client = EventGatewayClient(absent_address, nats_url=broker.url, telemetry=telemetry)
    try:
        first = await client.publish(EVENT)
        second = await client.publish(EVENT)

        with pytest.raises(Unavailable):
            await client.publish(EVENT, allow_fallback=False)
    finally:
        await client.close()

    assert (first.via, first.duplicate, second.duplicate) == (Via.JETSTREAM, False, True)
    counted = telemetry.registry.get_sample_value("resilience_fallbacks_total", {"name": "event-gateway"})
    assert counted == 2


async def test_over_http_the_fallback_is_the_same_and_subscriptions_are_not_offered(broker, absent_address):
    client = EventGatewayClient(http_url=f"http://{absent_address}", nats_url=broker.url, use_grpc=False)
    try:
        assert (await client.publish(EVENT)).via is Via.JETSTREAM
        with pytest.raises(Unsupported):
            client.subscribe(Subscribe())
    finally:
        await client.close()


async def test_with_both_away_the_event_stays_with_the_caller(absent_address):
    client = EventGatewayClient(absent_address, nats_url=f"nats://{absent_address}")
    try:
        with pytest.raises(Unavailable):
            await client.publish(EVENT)
    finally:
        await client.close()


async def test_a_refused_event_does_not_take_the_other_way(broker, gateway):
    gateway.is_refusing = True
    client = EventGatewayClient(gateway.address, nats_url=broker.url)
    try:
        with pytest.raises(ValidationFailed):
            await client.publish(EVENT)
    finally:
        await client.close()


async def test_a_subscription_says_what_it_wants_and_settles_deliveries(gateway, client, until):
    standing = asyncio.Event()
    asked = Subscribe(
        types=["io.oms.*"], durable_name="d", partition_key="k", start=StartFrom(all=True), credit=5, ack_wait_s=1.5
    )

    async def are_settled():
        return len(gateway.acks) == 2

    async with asyncio.timeout(10), aclosing(client.subscribe(asked, on_standing=standing.set)) as deliveries:
        delivery = await anext(deliveries)
        await delivery.in_progress()
        await delivery.nak(0.25)
        await until(are_settled)

    start = gateway.starts[0]
    assert standing.is_set()
    assert (start.types, start.durable_name, start.partition_key) == (["io.oms.*"], "d", "k")
    assert (start.start.all, start.credit, start.ack_wait.ToTimedelta().total_seconds()) == (True, 5, 1.5)
    assert (delivery.sequence, delivery.attempt) == (7, 1)
    assert delivery.traceparent == EVENT.get_extension("traceparent")
    assert envelope.to_bytes(delivery.event) == envelope.to_bytes(EVENT)
    assert [ack.action for ack in gateway.acks] == [pb.SubscribeAck.ACTION_IN_PROGRESS, pb.SubscribeAck.ACTION_NAK]
    assert gateway.acks[1].delay.ToTimedelta().total_seconds() == 0.25


async def test_a_durable_subscription_is_resumed(gateway, client):
    gateway.is_breaking = True
    attempts = []

    async with asyncio.timeout(10), aclosing(client.subscribe(Subscribe(durable_name="d"))) as deliveries:
        async for delivery in deliveries:
            attempts.append(delivery.attempt)
            if len(attempts) == 2:
                break

    assert attempts == [1, 2]
    assert [start.durable_name for start in gateway.starts] == ["d", "d"]


async def test_one_that_is_not_durable_ends(gateway, client):
    gateway.is_breaking = True
    deliveries = client.subscribe(Subscribe())
    first = await anext(aiter(deliveries))

    with pytest.raises(Unavailable):
        await anext(aiter(deliveries))
    with pytest.raises(Unavailable):
        await first.ack()
