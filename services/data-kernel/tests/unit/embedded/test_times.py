from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from data_kernel.adapters.embedded.encoding.times import to_datetime, to_us

YEAR_9999_US = 253_402_300_799_999_999


@given(st.integers(min_value=-62_135_596_800_000_000, max_value=YEAR_9999_US))
def test_every_microsecond_is_kept(time_us):
    assert to_us(to_datetime(time_us)) == time_us


def test_times_are_utc():
    seoul = datetime(2026, 11, 1, 9, 0, 0, 1, tzinfo=timezone(timedelta(hours=9)))
    assert to_us(seoul) == to_us(datetime(2026, 11, 1, 0, 0, 0, 1, tzinfo=UTC))
    assert to_datetime(to_us(seoul)).tzinfo is UTC
