"""Slots, their starts and names, and what becomes of those that are late."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from scheduler_service.domain.jobs import JobSpec
from scheduler_service.domain.misfires import plan
from scheduler_service.domain.slots import next_slot, slot_name, start_of
from scheduler_service.domain.triggers import DateSpec, IntervalSpec

T0 = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def every(seconds: float) -> IntervalSpec:
    return IntervalSpec(every_s=seconds, anchor=T0)


def spec(policy: str, *, grace_s: float = 5, limit: int = 3, every_s: float = 10) -> JobSpec:
    return JobSpec.model_validate(
        {
            "name": "x",
            "trigger": {"type": "interval", "every_s": every_s, "anchor": T0.isoformat()},
            "task": {"type": "event", "event_type": "x.y"},
            "misfire": {"policy": policy, "grace_s": grace_s, "limit": limit},
        }
    )


def test_an_interval_is_reckoned_from_its_anchor() -> None:
    assert next_slot(every(10), at(-100)) == T0
    assert next_slot(every(10), at(-0.5)) == T0
    assert next_slot(every(10), T0) == at(10)
    assert next_slot(every(10), at(9.9)) == at(10)
    assert next_slot(every(10), at(10)) == at(20)


def test_an_interval_does_not_drift() -> None:
    trigger, moment = every(1.1), T0
    for _ in range(10_000):
        following = next_slot(trigger, moment)
        assert following is not None
        moment = following
    assert moment == at(11_000)


def test_a_date_is_one_slot() -> None:
    assert next_slot(DateSpec(at=at(5)), T0) == at(5)
    assert next_slot(DateSpec(at=at(5)), at(5)) is None


def test_a_slots_name_is_the_same_in_every_zone() -> None:
    elsewhere = T0.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert slot_name(T0) == slot_name(elsewhere) == "20260501T120000Z"
    assert slot_name(at(0.25)) == "20260501T120000.250000Z"


def test_jitter_is_the_same_for_everyone_and_within_its_bound() -> None:
    starts = {start_of(f"job{number}", T0, 60) for number in range(100)}
    assert len(starts) == 100
    assert all(T0 <= start < at(60) for start in starts)
    assert start_of("job1", T0, 60) == start_of("job1", T0, 60)
    assert start_of("job1", T0, 0) == T0


def test_a_slot_within_the_grace_just_fires() -> None:
    for policy in ("skip", "fire_once", "fire_all"):
        planned = plan(spec(policy), at(10), at(12))
        assert planned.fire == (at(10),)
        assert (planned.skipped, planned.missed, planned.following) == (None, 0, at(20))


def test_skip_fires_none_that_is_late_and_says_how_many() -> None:
    planned = plan(spec("skip"), at(10), at(48))
    assert planned.fire == ()
    assert (planned.skipped, planned.missed, planned.following) == (at(40), 4, at(50))


def test_fire_once_fires_the_last_one() -> None:
    planned = plan(spec("fire_once"), at(10), at(48))
    assert planned.fire == (at(40),)
    assert (planned.skipped, planned.missed, planned.following) == (None, 3, at(50))


def test_fire_once_leaves_the_late_ones_to_one_that_is_on_time() -> None:
    planned = plan(spec("fire_once"), at(10), at(42))
    assert planned.fire == (at(40),)
    assert planned.missed == 3


def test_fire_all_fires_the_last_up_to_its_limit() -> None:
    planned = plan(spec("fire_all"), at(10), at(58))
    assert planned.fire == (at(30), at(40), at(50))
    assert (planned.skipped, planned.missed, planned.following) == (None, 2, at(60))


def test_a_year_of_misses_is_reckoned_at_once() -> None:
    planned = plan(spec("fire_once", every_s=1), at(1), at(365 * 86_400))
    assert len(planned.fire) == 6  # those within the grace
    assert planned.missed == 365 * 86_400 - 6


def test_a_cron_with_more_misses_than_are_counted_goes_on_from_now() -> None:
    late = spec("skip").model_copy(update={"trigger": _cron("* * * * *")})
    planned = plan(late, T0, T0 + timedelta(days=30))
    assert planned.missed == 10_000
    assert planned.following == T0 + timedelta(days=30, minutes=1)


def _cron(expression: str) -> object:
    document = {
        "name": "x",
        "trigger": {"type": "cron", "expression": expression},
        "task": {"type": "event", "event_type": "x"},
    }
    return JobSpec.model_validate(document).trigger


def test_backoff_grows_to_its_bound() -> None:
    retries = JobSpec.model_validate(
        {
            "name": "x",
            "trigger": {"type": "date", "at": T0.isoformat()},
            "task": {"type": "event", "event_type": "x.y"},
            "retries": {"max": 5, "backoff_s": 2, "factor": 3, "max_backoff_s": 10},
        }
    ).retries
    assert [retries.pause_s(failures) for failures in (1, 2, 3, 4)] == pytest.approx([2, 6, 10, 10])
