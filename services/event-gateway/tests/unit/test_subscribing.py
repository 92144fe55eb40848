"""What may be asked for, and how sessions end."""

import asyncio

import pytest
from event_gateway_testing.fakes import CountingMeter, FakeBroker, FakeFeed

from event_gateway.application.subscribing import Subscribing, durable_consumer, subscription_of
from event_gateway.domain.subscription import Action, Delivery, Settlement, Start, Subscription
from shared.context import Caller
from shared.errors import InvalidInput, Unavailable

ALICE = Caller("alice|x.y*z@example", "oms")
WISH = Subscription("", (), "", Start(), credit=1, ack_wait_s=1.0)


def wish(**changes: object) -> Subscription:
    given: dict[str, object] = {
        "durable_name": "",
        "types": (),
        "partition_key": "",
        "start": Start(),
        "credit": 0,
        "ack_wait_s": None,
    }
    return subscription_of(ALICE, **(given | changes))  # type: ignore[arg-type]


class OneFeedBroker(FakeBroker):
    """Always opens the same feed."""

    def __init__(self) -> None:
        super().__init__()
        self.feed = FakeFeed()

    async def open(self, subscription: Subscription) -> FakeFeed:
        return self.feed


def test_defaults_are_filled_in() -> None:
    assert (wish().credit, wish().ack_wait_s, wish().consumer) == (100, 30.0, "")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"credit": -1}, "credit"),
        ({"credit": 1001}, "credit"),
        ({"ack_wait_s": 0.0}, "ack_wait"),
        ({"ack_wait_s": 3601.0}, "ack_wait"),
        ({"types": ("a.*.b",)}, "types"),
        ({"types": tuple(f"a{n}" for n in range(101))}, "types"),
        ({"durable_name": "a.b"}, "durable_name"),
        ({"durable_name": "x" * 65}, "durable_name"),
    ],
)
def test_what_is_out_of_bounds_is_named(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        wish(**changes)
    assert refused.value.field == field


def test_durable_consumers_are_apart_and_have_names_that_nats_takes() -> None:
    callers = [ALICE, Caller("bob", "oms"), Caller("alice|x.y*z@example", "data-kernel"), Caller("oms", "bob")]
    names = {durable_consumer(caller, name) for caller in callers for name in ("a", "b")}
    assert len(names) == 8
    assert all(not set(name) & set(" .*>/\\@|") and len(name) < 200 for name in names)
    assert durable_consumer(ALICE, "a") == durable_consumer(ALICE, "a")


async def test_a_session_counts_itself_settles_and_closes_its_feed() -> None:
    broker, meter = OneFeedBroker(), CountingMeter()
    settling = asyncio.create_task(asyncio.Event().wait())
    async with Subscribing(broker, meter).open(WISH) as session:
        assert meter.counts["subscriptions"] == 1
        deliveries = session.deliveries(settling)  # type: ignore[arg-type]
        await broker.feed.queue.put(Delivery("1-1", 1, 1, b"{}"))
        assert (await anext(deliveries)).token == "1-1"
        await session.settle(Settlement("1-1", Action.ACK))
        await deliveries.aclose()
    settling.cancel()
    assert broker.feed.closed
    assert broker.feed.settlements == [Settlement("1-1", Action.ACK)]
    assert meter.counts == {"subscriptions": 0, "settled ack": 1}


async def test_an_error_of_the_settling_side_ends_the_deliveries() -> None:
    async def fail() -> None:
        raise InvalidInput("no such token", field="token")

    async with Subscribing(OneFeedBroker(), CountingMeter()).open(WISH) as session:
        with pytest.raises(InvalidInput):
            await anext(session.deliveries(asyncio.create_task(fail())))


async def test_a_silent_subscriber_still_receives() -> None:
    async def say_nothing() -> None:
        return

    broker = OneFeedBroker()
    async with Subscribing(broker, CountingMeter()).open(WISH) as session:
        settling = asyncio.create_task(say_nothing())
        await settling
        await broker.feed.queue.put(Delivery("1-1", 1, 1, b"{}"))
        deliveries = session.deliveries(settling)
        assert (await anext(deliveries)).sequence == 1
        await deliveries.aclose()


async def test_stopping_ends_sessions_as_unavailable() -> None:
    subscribing = Subscribing(OneFeedBroker(), CountingMeter())
    settling: asyncio.Task[None] = asyncio.create_task(asyncio.Event().wait())  # type: ignore[arg-type]
    async with subscribing.open(WISH) as session:
        coming = asyncio.ensure_future(anext(session.deliveries(settling)))
        await asyncio.sleep(0)
        subscribing.stop()
        with pytest.raises(Unavailable):
            await coming
    settling.cancel()


async def test_no_session_while_the_broker_is_away() -> None:
    broker = FakeBroker()
    broker.go()
    with pytest.raises(Unavailable):
        async with Subscribing(broker, CountingMeter()).open(WISH):
            pass
