"""Announces changes of the ontology as CloudEvents, through whichever publisher the flag names."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import uuid4

import structlog
from cloudevents.core.v1.event import CloudEvent

from oms.application.ports import EventPublisher
from shared.canonical import Json
from shared.errors import OmsError
from shared.events.envelope import build
from shared.telemetry import current_traceparent
from shared.telemetry.metrics import MetricsRegistry

SCHEMA_CHANGED = "io.oms.schema.changed.v1"
_log = structlog.get_logger(__name__)


class EventAnnouncer:
    """`publisher_for` gives the publisher for a partition key, asked anew for each event."""

    def __init__(self, publisher_for: Callable[[str], EventPublisher], env: str, registry: MetricsRegistry) -> None:
        self._publisher_for = publisher_for
        self._source = f"urn:oms:{env}:oms"
        self._failures = registry.counter("oms_event_failures", "Events of the monolith that nobody took.", ["reason"])

    async def schema_changed(self, change: Mapping[str, Json]) -> None:
        """Announce that an object type was created, updated or deleted: names and the commit, no content."""
        partition_key = f"oms/{change['branch']}"
        try:
            await self._publisher_for(partition_key).publish(self._event(partition_key, change))
        except OmsError as error:
            self._failures.labels(error.reason).inc()
            _log.warning("event_not_announced", type=SCHEMA_CHANGED, reason=error.reason, commit=change["commit"])

    def _event(self, partition_key: str, change: Mapping[str, Json]) -> CloudEvent:
        return build(
            {
                "id": str(uuid4()),
                "source": self._source,
                "type": SCHEMA_CHANGED,
                "subject": str(change["objectType"]),
                "time": datetime.now(UTC),
                "dataschema": f"urn:oms:schema:{SCHEMA_CHANGED}",
                "datacontenttype": "application/json",
                "partitionkey": partition_key,
                "traceparent": current_traceparent() or None,
            },
            dict(change),
        )
