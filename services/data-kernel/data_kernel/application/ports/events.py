"""Where commits are announced."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Event:
    """One CloudEvent to be announced: the attributes of the standard, and `data` as JSON values."""

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    partition_key: str
    dataschema: str
    data: dict[str, str | int | None] = field(default_factory=dict)
    traceparent: str = ""


class EventSink(Protocol):
    """Where the relay announces events."""

    async def publish(self, event: Event, *, gateway_only: bool) -> bool:
        """Announce; true where the broker has the event, false where it is only queued before the broker.

        With `gateway_only` no way around the gateway is taken: an event that overtook a queued one of its partition
        would break their order. Raises `OmsError`.
        """
