"""When a job of the legacy scheduler is to run."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oms.core.scheduler import slots
from oms.domain.jobs import Job, JobSpec

START = datetime(2026, 1, 1, tzinfo=UTC)


def job(trigger: dict[str, Any], **members: Any) -> Job:
    task = {"type": "event", "event_type": "x.y"}
    spec = JobSpec.read({"id": "j", "name": "n", "trigger": trigger, "task": task, **members})
    return Job("j", spec, True, "alice@oms", START, START, 1)


def every(seconds: float, **members: Any) -> Job:
    return job({"type": "interval", "every_s": seconds}, **members)


def test_an_interval_is_reckoned_from_its_anchor() -> None:
    assert slots.next_slot(every(10), START) == START + timedelta(seconds=10)
    assert slots.next_slot(every(10), START + timedelta(seconds=25)) == START + timedelta(seconds=30)
    anchored = job({"type": "interval", "every_s": 10, "anchor": "2026-01-01T00:00:03Z"})
    assert slots.next_slot(anchored, START) == START + timedelta(seconds=3)


def test_a_date_comes_once() -> None:
    once = job({"type": "date", "at": "2026-01-01T01:00:00+01:00"})
    assert slots.next_slot(once, START - timedelta(seconds=1)) == START
    assert slots.next_slot(once, START) is None


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("30 9 * * *", "UTC", "2026-01-01T09:30:00Z"),
        ("30 9 * * *", "Asia/Seoul", "2026-01-01T00:30:00Z"),
        ("0 0 * * 0", "UTC", "2026-01-04T00:00:00Z"),
        ("0 0 * * 1-5", "UTC", "2026-01-02T00:00:00Z"),
        ("*/20 * * * *", "UTC", "2026-01-01T00:20:00Z"),
    ],
)
def test_a_cron_job_counts_weekdays_from_sunday(expression: str, zone: str, expected: str) -> None:
    found = slots.next_slot(job({"type": "cron", "expression": expression, "timezone": zone}), START)
    assert found == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("policy", "late_s", "expected_s"),
    [
        ("skip", 20, [20]),
        ("skip", 3600, [3580, 3590, 3600]),
        ("fire_once", 3600, [3580, 3590, 3600]),
        ("fire_all", 60, [10, 20, 30, 40, 50, 60]),
        ("fire_all", 3600, [3550, 3560, 3570, 3580, 3590, 3600]),
    ],
)
def test_late_slots_follow_the_policy(policy: str, late_s: int, expected_s: list[int]) -> None:
    late = every(10, misfire={"policy": policy, "grace_s": 20, "limit": 3})
    if policy == "skip" and late_s == 20:
        late = every(20, misfire={"policy": policy, "grace_s": 20})
    found = slots.late_slots(late, START + timedelta(seconds=late_s))
    assert [(each - START).total_seconds() for each in found] == expected_s


def test_the_last_of_long_missed_slots_fires_once() -> None:
    daily = job({"type": "cron", "expression": "0 6 * * *"})
    found = slots.late_slots(daily, START + timedelta(days=40, hours=12))
    assert found == [START + timedelta(days=40, hours=6)]


def test_slots_have_the_names_that_claims_use() -> None:
    assert slots.slot_name(START + timedelta(hours=3)) == "20260101T030000Z"
    assert slots.slot_name(START + timedelta(milliseconds=5)) == "20260101T000000.005000Z"


def test_jitter_is_the_same_in_every_process() -> None:
    jittered = job({"type": "interval", "every_s": 60, "jitter_s": 10})
    start = slots.start_of(jittered, START)
    assert START < start < START + timedelta(seconds=10)
    assert start == slots.start_of(jittered, START)
