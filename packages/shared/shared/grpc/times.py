"""Times and durations of messages, which may hold what is no moment and no length at all."""

from datetime import UTC, datetime

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from shared.errors import InvalidInput


def moment_of(timestamp: Timestamp, field: str) -> datetime:
    """The time in UTC; `InvalidInput` naming the field where its parts are out of their ranges."""
    try:
        return timestamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{field}: it is no moment between the years 1 and 9999", field=field) from None


def seconds_of(duration: Duration, field: str) -> float:
    """The length in seconds; `InvalidInput` naming the field where its parts are out of their ranges."""
    try:
        return duration.ToTimedelta().total_seconds()
    except (ValueError, OverflowError):
        raise InvalidInput(f"{field}: it is no length of time", field=field) from None
