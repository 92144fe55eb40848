"""Fire times of cron expressions, where clocks change and where they do not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler_service.domain.cron import Cron

BERLIN = "Europe/Berlin"  # ahead at 2026-03-29T01:00Z, back at 2026-10-25T01:00Z


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(expression: str, zone: str, after: str, count: int) -> list[str]:
    cron, at, found = Cron(expression, zone), utc(after), []
    for _ in range(count):
        following = cron.next_after(at)
        assert following is not None
        found.append(f"{following:%m-%dT%H:%M}")
        at = following
    return found


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("*/15 * * * *", "2026-01-01T00:10", ["01-01T00:15", "01-01T00:30", "01-01T00:45"]),
        ("0 9 * * 1-5", "2026-01-02T09:00", ["01-05T09:00", "01-06T09:00"]),
        ("0 0 * * 0", "2026-01-01T00:00", ["01-04T00:00", "01-11T00:00"]),
        ("0 0 * * 7", "2026-01-01T00:00", ["01-04T00:00", "01-11T00:00"]),
        ("0 0 * * sun", "2026-01-01T00:00", ["01-04T00:00"]),
        ("0 0 * * 5-7", "2026-01-01T00:00", ["01-02T00:00", "01-03T00:00", "01-04T00:00", "01-09T00:00"]),
        ("@daily", "2026-01-01T00:00", ["01-02T00:00"]),
        ("0 0 13 * 5", "2026-02-01T00:00", ["02-06T00:00", "02-13T00:00", "02-20T00:00"]),
        ("0 0 15 * 1", "2026-02-10T00:00", ["02-15T00:00", "02-16T00:00"]),
        ("0 0 29 2 *", "2026-01-01T00:00", ["02-29T00:00"]),
    ],
)
def test_expressions_mean_what_cron_means(expression: str, after: str, expected: list[str]) -> None:
    assert times(expression, "UTC", after, len(expected)) == expected


def test_a_time_in_a_skipped_hour_fires_once_when_the_clock_has_changed() -> None:
    assert times("30 2 * * *", BERLIN, "2026-03-28T00:00", 3) == ["03-28T01:30", "03-29T01:00", "03-30T00:30"]


def test_several_times_in_a_skipped_hour_fire_together() -> None:
    assert times("*/20 2 * * *", BERLIN, "2026-03-28T12:00", 3) == ["03-29T01:00", "03-30T00:00", "03-30T00:20"]
    assert times("0 2,3 * * *", BERLIN, "2026-03-28T12:00", 2) == ["03-29T01:00", "03-30T00:00"]


def test_a_time_in_a_doubled_hour_fires_the_first_time_only() -> None:
    assert times("30 2 * * *", BERLIN, "2026-10-24T12:00", 2) == ["10-25T00:30", "10-26T01:30"]
    assert times("30 1,2,3 * * *", BERLIN, "2026-10-24T22:00", 4) == [
        "10-24T23:30",
        "10-25T00:30",
        "10-25T02:30",
        "10-26T00:30",
    ]


def test_asked_within_the_second_pass_of_a_doubled_hour_it_does_not_fire_again() -> None:
    assert times("30 2 * * *", BERLIN, "2026-10-25T01:15", 1) == ["10-26T01:30"]


def test_a_rhythm_goes_on_through_both_changes() -> None:
    for day in ("2026-03-29", "2026-10-25"):
        cron, at = Cron("*/10 * * * *", BERLIN), utc(f"{day}T00:00")
        for _ in range(20):
            following = cron.next_after(at)
            assert following == at + timedelta(minutes=10)
            at = following


def test_a_change_of_half_an_hour() -> None:
    # Lord Howe goes ahead by 30 minutes at 2026-10-03T15:30Z, from 02:00 to 02:30.
    assert times("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", 2) == ["10-03T15:30", "10-04T15:15"]


def test_an_expression_that_never_fires() -> None:
    assert Cron("0 0 30 2 *", "UTC").next_after(utc("2026-01-01T00:00")) is None


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("* * * *", "UTC"),
        ("61 * * * *", "UTC"),
        ("* * * * * *", "UTC"),
        ("* 25 * * *", "UTC"),
        ("*/0 * * * *", "UTC"),
        ("0 0 * * 5-2", "UTC"),
        ("0 0 * * fry", "UTC"),
        ("a b c d e", "UTC"),
        ("", "UTC"),
        ("0 0 * * *", "Mars/Olympus"),
        ("0 0 * * *", "../etc/passwd"),
        ("0 0 * * *", ""),
    ],
)
def test_what_is_no_expression_is_refused(expression: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Cron(expression, zone)


@settings(max_examples=60, deadline=None)
@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"]),
    start=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_once_a_day_means_once_on_each_day_of_the_walls_calendar(
    minute: int, hour: int, zone: str, start: datetime
) -> None:
    cron, at, found = Cron(f"{minute} {hour} * * *", zone), start.replace(tzinfo=UTC), []
    for _ in range(400):
        following = cron.next_after(at)
        assert following is not None
        assert following > at
        found.append(following.astimezone(ZoneInfo(zone)).date())
        at = following
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(found))
