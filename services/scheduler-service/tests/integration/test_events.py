"""Event tasks reach the broker, by the gateway and past it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from scheduler_testing.scheduling import PARTS, Api, Scheduling, never
from support.broker import stored_events

TASK = {"type": "event", "event_type": "test.fired", "subject": "s", "partition_key": "p", "data": {"n": 1}}


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Scheduling]:
    with Scheduling(tmp_path / "oms", parts=(*PARTS, "nats", "event-gateway")) as started:
        started.wait_ready()
        yield started


async def test_an_event_is_published_once_by_either_way(platform: Scheduling) -> None:
    with platform.client() as client:
        api = Api(client)
        api.create(id="tell", trigger=never(), task=TASK)
        first = api.run("tell")
        assert api.wait(first, "succeeded")["result"] == {"event_id": first}
        platform.kill("event-gateway")
        second = api.run("tell")
        api.wait(second, "succeeded")
    events = [event for event in await stored_events(platform.nats_url) if event.get_type() == "test.fired"]
    assert [event.get_id() for event in events] == [first, second]
    assert {event.get_source() for event in events} == {"urn:oms:dev:scheduler"}
    assert {event.get_subject() for event in events} == {"s"}
    assert events[0].get_data() == {"n": 1}


async def test_told_to_stop_both_roles_end_well_and_soon(platform: Scheduling) -> None:
    assert platform.stop("scheduler-worker", 6) == 0
    assert platform.stop("scheduler", 6) == 0
    assert "Traceback" not in platform.last_lines("scheduler", 100) + platform.last_lines("scheduler-worker", 100)
    platform.start("scheduler")
    platform.wait_ready("scheduler")
    with platform.client() as client:
        assert client.get("/workers").json()["workers"] == []
