from datetime import UTC, datetime

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from shared.errors import InvalidInput
from shared.grpc.times import moment_of, seconds_of


def test_a_moment_and_a_length():
    assert moment_of(Timestamp(seconds=1, nanos=5_000), "at") == datetime(1970, 1, 1, 0, 0, 1, 5, UTC)
    assert seconds_of(Duration(seconds=1, nanos=500_000_000), "delay") == 1.5


@pytest.mark.parametrize(("seconds", "nanos"), [(2**63 - 1, 0), (-(2**63), 0), (253402300800, 0), (0, -1), (0, 10**9)])
def test_what_is_no_moment_is_refused(seconds, nanos):
    with pytest.raises(InvalidInput) as caught:
        moment_of(Timestamp(seconds=seconds, nanos=nanos), "at.time")
    assert caught.value.field == "at.time"


@pytest.mark.parametrize(("seconds", "nanos"), [(2**63 - 1, 0), (-(2**63), 0)])
def test_what_is_no_length_is_refused(seconds, nanos):
    with pytest.raises(InvalidInput) as caught:
        seconds_of(Duration(seconds=seconds, nanos=nanos), "delay")
    assert caught.value.field == "delay"
