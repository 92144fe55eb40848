"""Who publishes the monolith's own events."""

from oms.application.ports import EventPublisher
from shared.flags.flags import USE_EVENT_GATEWAY, Flags
from shared.flags.value import Path


class EventProvider:
    """Chooses between the gateway's client and the legacy publisher, event by event."""

    def __init__(self, flags: Flags, service: EventPublisher, legacy: EventPublisher) -> None:
        self._flags = flags
        self._by_path = {Path.SERVICE: service, Path.LEGACY: legacy}

    def get_event_client(self, partition_key: str = "") -> EventPublisher:
        """The publisher of that partition; one partition has one publisher at a time."""
        return self._by_path[self._flags.position(USE_EVENT_GATEWAY, partition_key)]
