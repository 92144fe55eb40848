"""The contract of the broker port, over JetStream and over the fake that the unit tests use."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from event_gateway_testing.fakes import FakeBroker, message
from event_gateway_testing.nats_process import NatsProcess

from event_gateway.adapters.connection import NatsConnection
from event_gateway.adapters.jetstream import JetStreamBroker
from event_gateway.application.ports import Broker, BrokerAwayError
from event_gateway.domain.publication import Receipt
from shared.events.jetstream import EventStreamSettings
from shared.telemetry import Telemetry


class Switch:
    """A broker that can be taken away and brought back."""

    def __init__(self, broker: Broker, process: NatsProcess | None) -> None:
        self.broker = broker
        self._process = process

    def go(self) -> None:
        if self._process is not None:
            self._process.kill()
        else:
            assert isinstance(self.broker, FakeBroker)
            self.broker.go()

    def come_back(self) -> None:
        if self._process is not None:
            self._process.start()
        else:
            assert isinstance(self.broker, FakeBroker)
            self.broker.come_back()


@pytest.fixture(params=["fake", "jetstream"])
async def switch(request: pytest.FixtureRequest) -> AsyncIterator[Switch]:
    if request.param == "fake":
        yield Switch(FakeBroker(), None)
        return
    process: NatsProcess = request.getfixturevalue("nats_process")
    connection = NatsConnection(process.url, EventStreamSettings(), name="tests", timeout_s=1.0)
    running = asyncio.create_task(connection.run())
    yield Switch(JetStreamBroker(connection, Telemetry.off("tests").tracer, timeout_s=1.0), process)
    running.cancel()
    await asyncio.wait((running,))


async def here(broker: Broker) -> None:
    async with asyncio.timeout(10):
        await broker.wait_available()


async def test_stores_in_the_order_of_the_calls_and_recognises_what_it_has(switch: Switch) -> None:
    broker = switch.broker
    await here(broker)
    assert [await broker.publish(message(n)) for n in (1, 2)] == [Receipt(sequence=1), Receipt(sequence=2)]
    assert await broker.publish(message(1)) == Receipt(duplicate=True, sequence=1)


async def test_finds_what_is_stored_on_its_subject(switch: Switch) -> None:
    broker = switch.broker
    await here(broker)
    for number in range(3):
        await broker.publish(message(number))
    assert await broker.contains(message(1), 0.0)
    assert not await broker.contains(message(7), 0.0)
    assert not await broker.contains(message(1, "other"), 0.0)


async def test_fails_within_its_time_while_away_and_works_again_when_back(switch: Switch) -> None:
    broker = switch.broker
    await here(broker)
    switch.go()
    async with asyncio.timeout(5):
        with pytest.raises(BrokerAwayError):
            await broker.publish(message(1))
        assert not broker.available
        with pytest.raises(BrokerAwayError):
            await broker.probe()
    switch.come_back()
    await here(broker)
    await broker.probe()
    assert broker.available
    # Whatever became of the first attempt, the message is stored once.
    await broker.publish(message(1))
    assert (await broker.publish(message(1))).duplicate
    assert (await broker.publish(message(2))).sequence == 2
