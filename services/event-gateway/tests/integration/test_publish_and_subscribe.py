"""Publishing and subscribing through a running gateway and a real broker."""

import grpc
import pytest
from event_gateway_testing.events import ALL, event, subscribed
from event_gateway_testing.gateway_process import GatewayProcess
from event_gateway_testing.waiting import until
from google.protobuf.duration_pb2 import Duration
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.errors import InvalidInput, TooLarge, ValidationFailed
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2 as pb
from shared.grpc.generated.event_gateway.v1.event_gateway_pb2_grpc import EventGatewayServiceStub

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
KERNEL_SPAN = "b7ad6b7169203331"


async def test_what_is_published_is_delivered_once_with_its_attributes(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as stub, subscribed(stub, types=["io.oms.*"]) as subscriber:
        sent = event(1, "dev/oms/main|ü.*>", region="x", traceparent=f"00-{TRACE_ID}-{KERNEL_SPAN}-01")
        stored = await stub.Publish(pb.PublishRequest(event=sent))
        again = await stub.Publish(pb.PublishRequest(event=sent))
        await stub.Publish(pb.PublishRequest(event=event(2)))
        assert (stored.sequence, stored.duplicate, stored.queued) == (1, False, False)
        assert (again.sequence, again.duplicate, again.queued) == (1, True, False)
        first, second = await subscriber.next(), await subscriber.next()
        assert first.event == sent
        assert (first.sequence, first.attempt) == (1, 1)
        assert second.event.id == "a-2"


async def test_a_batch_is_answered_in_its_order(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    events = [event(n, key) for n in range(20) for key in ("a", "b")]
    async with gateway.stub() as stub:
        answer = await stub.PublishBatch(pb.PublishBatchRequest(events=[*events, events[0]]))
        assert [result.duplicate for result in answer.results] == [False] * 40 + [True]
        async with subscribed(stub, start=ALL, partition_key="b") as subscriber:
            assert await subscriber.take(20) == [f"b-{n}" for n in range(20)]


async def test_filters_by_type_prefix_and_partition(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as stub:
        for number, name in enumerate(["a.b.v1", "a.b.c.v1", "a.c.v1", "a.b.v1"]):
            await stub.Publish(pb.PublishRequest(event=event(number, "k", name)))
        await stub.Publish(pb.PublishRequest(event=event(9, "other", "a.b.v1")))
        async with subscribed(stub, start=ALL, types=["a.b.*"], partition_key="k") as subscriber:
            assert await subscriber.take(3) == ["k-0", "k-1", "k-3"]
        async with subscribed(stub, start=ALL, types=["a.c.v1"]) as subscriber:
            assert await subscriber.take(1) == ["k-2"]
        async with subscribed(stub, start=pb.StartPosition(sequence=5)) as subscriber:
            assert await subscriber.take(1) == ["other-9"]


async def test_a_delivery_comes_again_until_it_is_settled(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as stub:
        await stub.PublishBatch(pb.PublishBatchRequest(events=[event(n) for n in range(3)]))
        async with subscribed(stub, start=ALL, ack_wait=Duration(nanos=300_000_000)) as subscriber:
            nacked, termed, left = [await subscriber.next() for _ in range(3)]
            await subscriber.settle(nacked, pb.SubscribeAck.ACTION_NAK)
            await subscriber.settle(termed, pb.SubscribeAck.ACTION_TERM)
            again = {}
            while len(again) < 2:
                delivery = await subscriber.next()
                again[delivery.event.id] = delivery.attempt
                await subscriber.settle(delivery)
            assert again == {nacked.event.id: 2, left.event.id: 2}


async def test_no_more_than_the_credit_is_handed_out(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as stub:
        await stub.PublishBatch(pb.PublishBatchRequest(events=[event(n) for n in range(10)]))
        async with subscribed(stub, start=ALL, credit=2) as subscriber:
            first, _ = await subscriber.next(), await subscriber.next()
            with pytest.raises(TimeoutError):
                await subscriber.next(timeout_s=0.5)
        async with subscribed(stub, start=ALL, credit=2) as subscriber:
            first, _ = await subscriber.next(), await subscriber.next()
            await subscriber.settle(first)
            assert (await subscriber.next()).event.id == "a-2"


async def test_a_durable_name_belongs_to_its_service(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as kernel, gateway.stub("embedding") as embedding:
        await kernel.PublishBatch(pb.PublishBatchRequest(events=[event(n) for n in range(2)]))
        async with subscribed(kernel, durable_name="index", start=ALL) as subscriber:
            assert await subscriber.take(2) == ["a-0", "a-1"]
        async with subscribed(embedding, durable_name="index", start=ALL) as subscriber:
            assert await subscriber.take(2) == ["a-0", "a-1"]


async def test_a_durable_name_keeps_its_start_and_takes_a_new_filter(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    start = pb.StartPosition()
    start.time.GetCurrentTime()
    async with gateway.stub() as stub:
        for number, name in enumerate(["a.b", "a.c", "a.b"]):
            await stub.Publish(pb.PublishRequest(event=event(number, "k", name)))
        async with subscribed(stub, durable_name="index", start=start, types=["a.b"], credit=1) as subscriber:
            assert await subscriber.take(1) == ["k-0"]
            assert (await subscriber.next()).event.id == "k-2"
        async with subscribed(stub, durable_name="index", start=start, types=["a.b", "a.c"]) as subscriber:
            assert await subscriber.take(1) == ["k-2"]
            await stub.Publish(pb.PublishRequest(event=event(4, "k", "a.c")))
            assert await subscriber.take(1) == ["k-4"]


async def test_settling_what_was_never_delivered_ends_the_stream(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as stub, subscribed(stub) as subscriber:
        await subscriber.say(pb.SubscribeRequest(ack=pb.SubscribeAck(token="7-1")))
        with pytest.raises(InvalidInput) as refused:
            await subscriber.next()
        assert refused.value.field == "token"


@pytest.mark.parametrize(
    ("start", "field"),
    [
        ({"credit": 1001}, "credit"),
        ({"durable_name": "a b"}, "durable_name"),
        ({"types": ["NO"]}, "types"),
        ({"ack_wait": Duration(seconds=-1)}, "ack_wait"),
        ({"start": pb.StartPosition(sequence=0)}, "start.sequence"),
    ],
)
async def test_a_bad_wish_is_refused(quiet_gateway: GatewayProcess, start: dict[str, object], field: str) -> None:
    async with quiet_gateway.stub() as stub:
        with pytest.raises(InvalidInput) as refused:
            async with subscribed(stub, **start):
                pass
        assert refused.value.field == field


async def test_bad_events_are_refused_with_every_violation_and_nothing_is_stored(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as stub:
        with pytest.raises(ValidationFailed) as refused:
            await stub.Publish(pb.PublishRequest(event=pb.CloudEvent(id="1", type="Bad Type")))
        assert {violation.path for violation in refused.value.violations} == {"/source", "/type"}
        with pytest.raises(ValidationFailed) as batch:
            await stub.PublishBatch(pb.PublishBatchRequest(events=[event(1), pb.CloudEvent(id="2", source="/s")]))
        assert [violation.path for violation in batch.value.violations] == ["/1/type"]
        large = event(3)
        large.data = b'"' + b"x" * 70_000 + b'"'
        with pytest.raises(TooLarge):
            await stub.Publish(pb.PublishRequest(event=large))
        assert (await stub.Publish(pb.PublishRequest(event=event(1)))).sequence == 1


async def test_a_stranger_is_turned_away_and_health_is_open(quiet_gateway: GatewayProcess) -> None:
    async with quiet_gateway.bare_channel() as channel:
        health = await health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service="event_gateway.v1.EventGatewayService")
        )
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await EventGatewayServiceStub(channel).Publish(pb.PublishRequest(event=event(1)))
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_the_publishing_span_is_a_child_of_the_callers(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    metadata = (("traceparent", f"00-{TRACE_ID}-{KERNEL_SPAN}-01"),)
    async with gateway.stub() as stub, subscribed(stub) as subscriber:
        await stub.Publish(pb.PublishRequest(event=event(1)), metadata=metadata)
        delivery = await subscriber.next()

    by_kind = await until(lambda: gateway.spans(TRACE_ID))
    assert by_kind["SERVER"]["parent_span_id"] == KERNEL_SPAN
    assert by_kind["PRODUCER"]["parent_span_id"] == by_kind["SERVER"]["span_id"]
    assert by_kind["PRODUCER"]["name"] == "send OMS_EVENTS"
    # The event began in no trace of its own: it is handed on with that of its last hop.
    assert delivery.event.extensions["traceparent"] == f"00-{TRACE_ID}-{by_kind['PRODUCER']['span_id']}-01"


async def test_a_gateway_that_is_told_to_stop_ends_its_subscriptions(gateway: GatewayProcess) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as stub, subscribed(stub):
        assert gateway.stop() == 0
    assert "Traceback" not in gateway.log()
