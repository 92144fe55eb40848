"""What the use cases need: a document database and a publisher, chosen call by call."""

from collections.abc import Callable, Mapping
from typing import Protocol

from cloudevents.core.v1.event import CloudEvent

from shared.canonical import Json
from shared.database.interfaces import DocumentDatabase

DatabaseForCall = Callable[[], DocumentDatabase]
"""The client that serves the call in progress; asked for anew each time, since a flag may turn between two calls."""


class SchemaAnnouncer(Protocol):
    """Tells the world that the ontology has changed."""

    async def schema_changed(self, change: Mapping[str, Json]) -> None:
        """Announce the change; what goes wrong is counted and logged, and never fails the write that is announced."""


class EventPublisher(Protocol):
    """Hands one event over; raises `OmsError` where nobody takes it."""

    async def publish(self, event: CloudEvent) -> object:
        """Hand the event over."""
