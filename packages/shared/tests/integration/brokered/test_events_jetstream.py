import nats
import pytest
from pydantic import ValidationError

from shared.errors import TooLarge, Unavailable
from shared.events import envelope, jetstream, routing
from shared.telemetry import Telemetry

ATTRIBUTES = {"source": "urn:oms:dev:oms", "type": "io.oms.commit.v1", "partitionkey": "oms/dev/oms/main"}


def event(event_id, **attributes):
    return envelope.build({"id": event_id, **ATTRIBUTES, **attributes}, {"commit": "abc"})


@pytest.fixture
async def publisher(broker):
    made = jetstream.JetStreamPublisher(broker.url, name="tests", telemetry=Telemetry.off("tests"))
    yield made
    await made.close()


async def stored(broker, sequence):
    client = await nats.connect(broker.url)
    try:
        return await client.jetstream().get_msg(routing.STREAM, sequence)
    finally:
        await client.close()


async def test_an_event_is_stored_as_its_message_says(broker, publisher):
    one = event("1")

    result = await publisher.publish(one)

    message = await stored(broker, result.sequence)
    expected = jetstream.to_message(one)
    assert (message.subject, message.data) == (expected.subject, expected.payload)
    assert message.headers["Nats-Msg-Id"] == routing.message_id(one.get_source(), "1")
    assert message.headers["Content-Type"] == "application/cloudevents+json"
    assert envelope.to_bytes(envelope.parse(message.data)) == envelope.to_bytes(one)


async def test_the_same_event_twice_is_stored_once(publisher):
    first = await publisher.publish(event("1"))
    second = await publisher.publish(event("1"))
    other = await publisher.publish(event("1", source="urn:oms:dev:other"))

    assert (first.duplicate, second.duplicate, other.duplicate) == (False, True, False)
    assert second.sequence == first.sequence
    assert other.sequence == first.sequence + 1


async def test_every_filter_is_one_that_the_broker_takes_and_delivers(broker, publisher):
    await publisher.publish(event("1"))
    await publisher.publish(event("2", type="io.oms.document.created.v1", partitionkey="*.> \u00e4"))
    client = await nats.connect(broker.url)
    js = client.jetstream()

    async def delivered(types, key=""):
        config = nats.js.api.ConsumerConfig(filter_subjects=routing.subject_filters(types, key))
        subscription = await js.pull_subscribe_bind(
            (await js.add_consumer(routing.STREAM, config)).name, stream=routing.STREAM
        )
        messages = await subscription.fetch(10, timeout=0.3)
        return [envelope.parse(message.data).get_id() for message in messages]

    try:
        assert await delivered([]) == ["1", "2"]
        assert await delivered(["io.oms.commit.v1"]) == ["1"]
        assert await delivered(["io.oms.document.*", "io.oms.*"]) == ["1", "2"]
        assert await delivered(["io.oms.document.created.v1"], "*.> \u00e4") == ["2"]
    finally:
        await client.close()


async def test_an_existing_stream_is_brought_to_the_settings(broker):
    client = await jetstream.connect(broker.url, name="tests")
    js = client.jetstream()
    try:
        await jetstream.ensure_stream(js, jetstream.EventStreamSettings(max_age_s=100, duplicate_window_s=60))
        await jetstream.ensure_stream(
            js, jetstream.EventStreamSettings(max_age_s=200, duplicate_window_s=60), update=False
        )
        assert (await js.stream_info(routing.STREAM)).config.max_age == 100

        await jetstream.ensure_stream(js, jetstream.EventStreamSettings(max_age_s=200, duplicate_window_s=30))

        config = (await js.stream_info(routing.STREAM)).config
        assert (config.max_age, config.duplicate_window) == (200, 30)
    finally:
        await client.close()


def test_a_window_beyond_the_age_is_refused():
    with pytest.raises(ValidationError, match="duplicate_window_s"):
        jetstream.EventStreamSettings(max_age_s=100)


async def test_what_the_stream_refuses_is_too_large(broker):
    client = await jetstream.connect(broker.url, name="tests")
    js = client.jetstream()
    try:
        await jetstream.ensure_stream(js, jetstream.EventStreamSettings(max_event_bytes=1))
        message = jetstream.to_message(envelope.build({"id": "1", **ATTRIBUTES}, "x" * 20_000))
        with pytest.raises(TooLarge):
            await jetstream.publish_message(js, message, timeout_s=2)
    finally:
        await client.close()


async def test_with_the_broker_away_publishing_fails_at_once_and_goes_on_when_it_is_back(broker, publisher, until):
    await publisher.publish(event("1"))
    broker.kill()

    with pytest.raises(Unavailable):
        await publisher.publish(event("2"))
    with pytest.raises(Unavailable):
        await publisher.ping()
    broker.start()

    async def is_published():
        try:
            await publisher.publish(event("3"))
        except Unavailable:
            return False
        return True

    await until(is_published)
    await publisher.ping()
    assert envelope.parse((await stored(broker, 2)).data).get_id() == "3"


async def test_a_broker_that_was_never_there_is_unavailable(absent_address):
    publisher = jetstream.JetStreamPublisher(f"nats://{absent_address}", timeout_s=0.3)

    with pytest.raises(Unavailable):
        await publisher.publish(event("1"))

    await publisher.close()
