"""How times are written."""

from datetime import UTC, datetime


def rfc3339(time: datetime) -> str:
    """RFC 3339 in UTC with `Z`, microseconds always."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
