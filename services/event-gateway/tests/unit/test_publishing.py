"""Where an event goes, and in which order."""

import asyncio
from pathlib import Path

import pytest
from event_gateway_testing.fakes import CountingMeter, FakeBroker, message

from event_gateway.adapters.spool.sqlite import SqliteSpool
from event_gateway.application.publishing import Publishing
from event_gateway.application.spooling import Draining
from event_gateway.application.turns import Turns
from event_gateway.domain.publication import Receipt
from shared.errors import Unavailable, ValidationFailed


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker()


@pytest.fixture
def meter() -> CountingMeter:
    return CountingMeter()


@pytest.fixture
def publishing(broker: FakeBroker, spool: SqliteSpool, meter: CountingMeter) -> Publishing:
    return Publishing(broker, spool, meter, now_s=lambda: 1000.0)


def draining(broker: FakeBroker, spool: SqliteSpool, meter: CountingMeter, now_s: float = 1000.0) -> Draining:
    return Draining(broker, spool, meter, guard_after_s=60.0, now_s=lambda: now_s)


async def test_goes_to_the_stream_and_a_second_time_is_a_duplicate(
    publishing: Publishing, spool: SqliteSpool, meter: CountingMeter
) -> None:
    assert await publishing.publish(message(1)) == Receipt(sequence=1)
    assert await publishing.publish(message(1)) == Receipt(duplicate=True, sequence=1)
    assert spool.state().events == 0
    assert meter.counts == {"published stored": 1, "published duplicate": 1}


async def test_goes_to_the_spool_while_the_broker_is_away(
    publishing: Publishing, broker: FakeBroker, spool: SqliteSpool
) -> None:
    broker.go()
    assert await publishing.publish(message(1)) == Receipt(queued=True)
    assert await publishing.publish(message(1)) == Receipt(queued=True, duplicate=True)
    [spooled] = await spool.head("a", 10)
    assert spooled.attempted_at_s is None


async def test_goes_behind_what_the_spool_holds_of_its_lane_only(
    publishing: Publishing, broker: FakeBroker, spool: SqliteSpool
) -> None:
    broker.go()
    await publishing.publish(message(1, "a"))
    broker.come_back()
    assert await publishing.publish(message(2, "a")) == Receipt(queued=True)
    assert await publishing.publish(message(1, "b")) == Receipt(sequence=1)


async def test_what_was_not_confirmed_is_spooled_with_its_attempt_and_stored_once(
    publishing: Publishing, broker: FakeBroker, spool: SqliteSpool, meter: CountingMeter
) -> None:
    broker.lose_acks = 1
    assert await publishing.publish(message(1)) == Receipt(queued=True)
    [spooled] = await spool.head("a", 10)
    assert spooled.attempted_at_s == 1000.0
    assert await draining(broker, spool, meter).drain_once()
    assert broker.stored == [message(1)]
    assert broker.lookups == 0
    assert meter.counts["drained duplicate"] == 1
    assert meter.counts["failed timeout"] == 1


async def test_after_the_duplicate_window_the_stream_is_asked_first(
    publishing: Publishing, broker: FakeBroker, spool: SqliteSpool, meter: CountingMeter
) -> None:
    broker.lose_acks = 1
    await publishing.publish(message(1))
    await publishing.publish(message(2))
    broker.window.clear()
    assert await draining(broker, spool, meter, now_s=1061.0).drain_once()
    assert broker.stored == [message(1), message(2)]
    assert broker.lookups == 1


async def test_drains_in_order_with_more_than_a_batch_and_several_lanes(
    publishing: Publishing, broker: FakeBroker, spool: SqliteSpool, meter: CountingMeter
) -> None:
    broker.go()
    await publishing.publish_all([message(n, lane) for n in range(300) for lane in ("a", "b", "c")])
    broker.come_back()
    assert await draining(broker, spool, meter).drain_once()
    for lane in ("a", "b", "c"):
        assert [m for m in broker.stored if m.lane == lane] == [message(n, lane) for n in range(300)]
    assert spool.state().events == 0


async def test_an_absence_in_the_midst_of_draining_loses_and_doubles_nothing(
    publishing: Publishing, broker: FakeBroker, spool: SqliteSpool, meter: CountingMeter
) -> None:
    broker.go()
    await publishing.publish_all([message(n) for n in range(10)])
    broker.come_back()
    broker.lose_acks = 1
    assert not await draining(broker, spool, meter).drain_once()
    assert spool.state().events == 10
    assert await draining(broker, spool, meter).drain_once()
    assert broker.stored == [message(n) for n in range(10)]


async def test_a_refused_message_stays_at_the_head_of_its_lane_and_others_go_on(
    publishing: Publishing, broker: FakeBroker, spool: SqliteSpool, meter: CountingMeter
) -> None:
    broker.go()
    await publishing.publish_all([message(1, "a"), message(2, "a"), message(1, "b")])
    broker.come_back()
    broker.refuse = {message(1, "a").subject}
    assert not await draining(broker, spool, meter).drain_once()
    assert broker.stored == [message(1, "b")]
    assert spool.state().events == 2


async def test_a_refused_message_is_the_callers_error(publishing: Publishing, broker: FakeBroker) -> None:
    broker.refuse = {message(1).subject}
    with pytest.raises(ValidationFailed):
        await publishing.publish(message(1))


async def test_a_full_spool_is_unavailable_and_said_when_to_come_again(
    broker: FakeBroker, meter: CountingMeter, tmp_path: Path
) -> None:
    small = SqliteSpool(tmp_path / "small.sqlite", max_events=1, max_bytes=10_000)
    publishing = Publishing(broker, small, meter)
    broker.go()
    await publishing.publish(message(1))
    with pytest.raises(Unavailable) as refused:
        await publishing.publish(message(2))
    assert refused.value.retry_after_s
    assert meter.counts["published refused"] == 1
    await small.close()
    with pytest.raises(Unavailable):
        await Publishing(broker, small, meter).publish(message(3))


async def test_a_batch_keeps_its_order_through_an_absence(
    publishing: Publishing, broker: FakeBroker, spool: SqliteSpool, meter: CountingMeter
) -> None:
    batch = asyncio.create_task(publishing.publish_all([message(n) for n in range(20)]))
    while len(broker.stored) < 5:
        await asyncio.sleep(0)
    broker.go()
    receipts = await batch
    assert [receipt.queued for receipt in receipts] == sorted(receipt.queued for receipt in receipts)
    broker.come_back()
    assert await draining(broker, spool, meter).drain_once()
    assert broker.stored == [message(n) for n in range(20)]


async def test_the_running_drain_waits_for_both_and_empties_the_spool(
    publishing: Publishing, broker: FakeBroker, spool: SqliteSpool, meter: CountingMeter
) -> None:
    broker.go()
    task = asyncio.create_task(draining(broker, spool, meter).run())
    await publishing.publish_all([message(n) for n in range(3)])
    broker.come_back()
    async with asyncio.timeout(5):
        while spool.state().events:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert broker.stored == [message(n) for n in range(3)]


async def test_turns_are_taken_in_order_and_forgotten() -> None:
    turns, seen = Turns(), []

    async def take(number: int) -> None:
        async with turns.of("lane"):
            await asyncio.sleep(0)
            seen.append(number)

    await asyncio.gather(*(take(number) for number in range(5)))
    assert seen == [0, 1, 2, 3, 4]
    assert len(turns) == 0
