"""What callers see, and what is lost, when the broker or the gateway goes: nothing."""

import asyncio
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from event_gateway_testing.events import ALL, TYPE, event, subscribed
from event_gateway_testing.gateway_process import GatewayProcess
from event_gateway_testing.nats_process import NatsProcess
from event_gateway_testing.waiting import until
from google.protobuf.duration_pb2 import Duration

from shared.errors import DeadlineExceeded, Unavailable
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2 as pb


async def publish(stub: Any, number: int, key: str = "a") -> pb.PublishResponse:
    return await stub.Publish(pb.PublishRequest(event=event(number, key)))


async def delivered(gateway: GatewayProcess, count: int) -> list[tuple[int, str]]:
    """Sequence and id of the first `count` events of the stream."""
    async with gateway.stub() as stub, subscribed(stub, start=ALL, credit=1000) as subscriber:
        found = []
        for _ in range(count):
            delivery = await subscriber.next()
            found.append((delivery.sequence, delivery.event.id))
        return found


async def emptied(gateway: GatewayProcess) -> None:
    async def is_empty() -> bool:
        return "event_gateway_spool_events 0.0" in await gateway.metrics()

    await until(is_empty)


async def test_with_the_broker_killed_events_are_queued_and_come_in_order_and_once(
    gateway: GatewayProcess, nats_process: NatsProcess
) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as stub:
        assert not (await publish(stub, 0)).queued
        nats_process.kill()
        answers = [await publish(stub, n, key) for n in range(1, 30) for key in ("a", "b")]
        assert all(answer.queued and answer.sequence == 0 for answer in answers)
        assert (await publish(stub, 1)).duplicate
        readiness = await gateway.readiness()
        assert readiness["status"] == "degraded"
        assert readiness["dependencies"]["spool"]["status"] == "ok"
        assert "event_gateway_spool_events 58.0" in await gateway.metrics()
        nats_process.start()
        await emptied(gateway)
        await gateway.wait_ready()
        assert (await publish(stub, 30)).sequence == 60
    stored = await delivered(gateway, 60)
    assert [sequence for sequence, _ in stored] == list(range(1, 61))
    assert [name for _, name in stored if name.startswith("a-")] == [f"a-{n}" for n in range(31)]
    assert [name for _, name in stored if name.startswith("b-")] == [f"b-{n}" for n in range(1, 30)]


async def test_a_broker_that_hangs_delays_one_answer_by_its_time_limit_and_doubles_nothing(
    gateway: GatewayProcess, nats_process: NatsProcess
) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as stub:
        nats_process.freeze()
        began_s = time.monotonic()
        assert (await publish(stub, 0)).queued
        assert (await publish(stub, 1)).queued
        assert time.monotonic() - began_s < 3
        nats_process.thaw()
        await emptied(gateway)
        # The first was on its way to the broker when it was spooled.
        assert (await publish(stub, 2)).sequence == 3
    assert await delivered(gateway, 3) == [(1, "a-0"), (2, "a-1"), (3, "a-2")]
    assert 'event_gateway_ack_failures_total{kind="timeout"} 1.0' in await gateway.metrics()


async def test_what_was_queued_survives_the_gateways_crash(gateway: GatewayProcess, nats_process: NatsProcess) -> None:
    await gateway.wait_ready()
    nats_process.kill()
    async with gateway.stub() as stub:
        assert (await publish(stub, 0)).queued
        assert (await publish(stub, 1)).queued
    gateway.kill()
    gateway.start()
    async with gateway.stub() as stub:
        assert (await publish(stub, 2)).queued
    nats_process.start()
    await emptied(gateway)
    assert await delivered(gateway, 3) == [(1, "a-0"), (2, "a-1"), (3, "a-2")]


async def test_starts_and_queues_without_a_broker(tmp_path: Path, nats_process: NatsProcess) -> None:
    nats_process.kill()
    gateway = GatewayProcess(tmp_path / "gateway", nats_process.url)
    gateway.start()
    try:
        async with gateway.stub() as stub:
            assert (await publish(stub, 0)).queued
            with pytest.raises(Unavailable):
                async with subscribed(stub):
                    pass
        nats_process.start()
        await emptied(gateway)
        assert await delivered(gateway, 1) == [(1, "a-0")]
    finally:
        gateway.kill()


async def test_a_full_spool_is_said_and_nothing_is_lost(tmp_path: Path, nats_process: NatsProcess) -> None:
    gateway = GatewayProcess(tmp_path / "gateway", nats_process.url, SPOOL_MAX_EVENTS="3")
    gateway.start()
    try:
        await gateway.wait_ready()
        nats_process.kill()
        async with gateway.stub() as stub, gateway.http() as http:
            for number in range(3):
                assert (await publish(stub, number)).queued
            with pytest.raises(Unavailable) as refused:
                await publish(stub, 3)
            assert refused.value.retry_after_s
            headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "a.b"}
            answer = await http.post("/events", headers=headers)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            nats_process.start()
            await emptied(gateway)
            await publish(stub, 3)
        assert [name for _, name in await delivered(gateway, 4)] == [f"a-{n}" for n in range(4)]
    finally:
        gateway.kill()


async def test_a_durable_subscription_resumes_after_the_gateways_crash(gateway: GatewayProcess) -> None:
    # What the crashed gateway had handed out takes up the whole credit until its waiting time is over.
    soon = Duration(seconds=3)
    await gateway.wait_ready()
    async with gateway.stub() as stub:
        await stub.PublishBatch(pb.PublishBatchRequest(events=[event(n) for n in range(6)]))
        async with subscribed(stub, durable_name="index", start=ALL, credit=2, ack_wait=soon) as subscriber:
            assert await subscriber.take(3) == ["a-0", "a-1", "a-2"]
            # Settlements go one way: the next delivery shows that they have arrived.
            assert (await subscriber.next()).event.id == "a-3"
            gateway.kill()
    gateway.start()
    await gateway.wait_ready()
    async with gateway.stub() as stub:
        await publish(stub, 6)
        async with subscribed(stub, durable_name="index", start=ALL, credit=2, ack_wait=soon) as subscriber:
            seen: set[str] = set()
            while "a-6" not in seen:
                seen.update(await subscriber.take(1))
            assert seen >= {"a-4", "a-5", "a-6"}
            assert "a-0" not in seen


@pytest.mark.parametrize("durable_name", ["index", ""])
async def test_a_subscription_outlives_the_broker(
    gateway: GatewayProcess, nats_process: NatsProcess, durable_name: str
) -> None:
    await gateway.wait_ready()
    async with gateway.stub() as stub, subscribed(stub, durable_name=durable_name) as subscriber:
        await publish(stub, 0)
        assert await subscriber.take(1) == ["a-0"]
        nats_process.kill()
        assert (await publish(stub, 1)).queued
        nats_process.start()
        received = set()
        while "a-1" not in received:
            received.update(await subscriber.take(1))
        # At least once: an acknowledgement that went down with the broker brings its event again.
        assert received <= {"a-0", "a-1"}
        await publish(stub, 2)
        assert await subscriber.take(1) == ["a-2"]


async def test_order_holds_when_the_broker_is_killed_under_load(
    gateway: GatewayProcess, nats_process: NatsProcess
) -> None:
    await gateway.wait_ready()

    answers: list[pb.PublishResponse] = []

    async def send(stub: Any, number: int, key: str) -> None:
        answers.append(await publish(stub, number, key))

    async def load(key: str) -> None:
        async with gateway.stub() as stub:
            for number in range(150):
                await send(stub, number, key)

    loads = [asyncio.create_task(load(key)) for key in ("a", "b", "c")]
    for killed_after in (50, 250):
        await until(partial(_reached, answers, killed_after))
        nats_process.kill()
        nats_process.start()
    await asyncio.gather(*loads)
    assert any(answer.queued for answer in answers)
    assert not all(answer.queued for answer in answers)
    await emptied(gateway)
    names = [name for _, name in await delivered(gateway, 450)]
    for key in ("a", "b", "c"):
        assert [name for name in names if name.startswith(key)] == [f"{key}-{n}" for n in range(150)]


async def post_until_accepted(http: httpx2.AsyncClient, number: int, key: str) -> bool:
    """As a careful producer: the same event again until it is answered; whether it was queued."""
    body = {"specversion": "1.0", "id": f"{key}-{number}", "source": "/tests", "type": TYPE, "partitionkey": key}
    headers = {"content-type": "application/cloudevents+json"}

    async def accepted() -> httpx2.Response | None:
        try:
            answer = await http.post("/events", headers=headers, content=json.dumps(body))
        except (Unavailable, DeadlineExceeded):
            return None
        assert answer.status_code in (200, 202)
        return answer

    answer = await until(accepted, timeout_s=30)
    return bool(answer.json()["queued"])


async def test_what_was_accepted_survives_crashes_of_gateway_and_broker(
    gateway: GatewayProcess, nats_process: NatsProcess
) -> None:
    await gateway.wait_ready()
    queued: list[bool] = []

    async def note(http: httpx2.AsyncClient, number: int, key: str) -> None:
        queued.append(await post_until_accepted(http, number, key))

    async def load(key: str) -> None:
        async with gateway.http() as http:
            for number in range(100):
                await note(http, number, key)

    loads = [asyncio.create_task(load(key)) for key in ("a", "b")]
    faults = [gateway.kill, gateway.start, nats_process.kill, gateway.kill, gateway.start, nats_process.start]
    for step, fault in enumerate(faults, start=1):
        if fault != gateway.start:
            await until(partial(_reached, queued, step * 20))
        await asyncio.to_thread(fault)
    await asyncio.gather(*loads)
    await emptied(gateway)
    assert True in queued
    assert False in queued
    names = [name for _, name in await delivered(gateway, 200)]
    for key in ("a", "b"):
        assert [name for name in names if name.startswith(key)] == [f"{key}-{n}" for n in range(100)]


def _reached(answers: list[Any], count: int) -> bool:
    return len(answers) >= count
