"""Both schedulers at once, and one of them gone: no slot is lost, none runs twice."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from support.broker import stored_events
from support.platform import Platform
from support.waiting import wait_until

NAMES = ["redis", "nats", "data-kernel", "event-gateway", "scheduler", "scheduler-worker", "oms"]
SPEC = {
    "id": "turned",
    "name": "Tell",
    "trigger": {"type": "interval", "every_s": 1},
    "task": {"type": "event", "event_type": "io.oms.turned.v1", "data": {}},
}


@pytest.fixture
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    environment = {"oms": {"USE_SCHEDULER_MS": "off"}}
    with Platform(tmp_path_factory.mktemp("turning"), only=NAMES, environment=environment) as started:
        started.wait_ready()
        yield started


def executions(platform: Platform) -> list[dict[str, Any]]:
    """What the kernel has of them, whoever made it."""
    answer = httpx2.get(
        f"{platform.kernel_url}/db/oms/doc",
        params={"branch": "dev/scheduler/main", "type": "Execution", "as_list": "true", "count": 1000},
        headers=platform.authorization(),
    )
    return [each for each in answer.json() if each["job_id"] == "turned"] if answer.status_code == 200 else []


def succeeded(platform: Platform, by_legacy: bool) -> int:
    done = [each for each in executions(platform) if each["state"] == "succeeded"]
    return sum((each["worker"] == "oms-monolith") is by_legacy for each in done)


async def test_turning_the_flag_neither_loses_nor_doubles(platform: Platform) -> None:
    made = httpx2.post(f"{platform.oms_url}/api/v1/jobs", json=SPEC, headers=platform.authorization())
    assert made.status_code == 201, made.text
    wait_until(lambda: len(executions(platform)) >= 4, 30, what="some executions while both schedule")
    platform.stop("oms")
    before = succeeded(platform, by_legacy=False)
    wait_until(lambda: succeeded(platform, by_legacy=False) >= before + 3, 40, what="executions by the service alone")
    platform.stop("scheduler")
    wait_until(lambda: all(each["state"] == "succeeded" for each in executions(platform)), 30, what="all to be done")
    slots = sorted(datetime.fromisoformat(each["scheduled_for"]) for each in executions(platform))
    assert all(later - earlier == timedelta(seconds=1) for earlier, later in pairwise(slots))
    events = [each for each in await stored_events(platform.nats_url) if each.get_type() == "io.oms.turned.v1"]
    assert Counter(each.get_id() for each in events) == Counter(
        f"turned+{each['slot']}" for each in executions(platform)
    )
