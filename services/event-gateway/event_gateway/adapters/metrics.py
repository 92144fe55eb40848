"""What the gateway counts, in Prometheus' terms."""

import time

from event_gateway.application.ports import Spool
from shared.telemetry.metrics import MetricsRegistry

PUBLISH_SECONDS = "event_gateway_publish_seconds"
ACK_FAILURES = "event_gateway_ack_failures"
DRAINED = "event_gateway_drained"
SETTLED = "event_gateway_settled"
SUBSCRIPTIONS = "event_gateway_subscriptions"
SPOOL_EVENTS = "event_gateway_spool_events"
SPOOL_BYTES = "event_gateway_spool_bytes"
SPOOL_AGE_SECONDS = "event_gateway_spool_age_seconds"


class PrometheusMeter:
    """The meter port; the spool's depth and age are read when Prometheus asks."""

    def __init__(self, registry: MetricsRegistry, spool: Spool) -> None:
        self._publish = registry.histogram(PUBLISH_SECONDS, "Time to accept or refuse an event.", ["outcome"])
        self._failures = registry.counter(ACK_FAILURES, "Publishes that the broker did not confirm.", ["kind"])
        self._drained = registry.counter(DRAINED, "Spooled events handed to the broker.", ["outcome"])
        self._settled = registry.counter(SETTLED, "Deliveries settled by subscribers.", ["action"])
        self._subscriptions = registry.gauge(SUBSCRIPTIONS, "Open subscriptions.")
        registry.gauge(SPOOL_EVENTS, "Events in the spool.").set_function(lambda: spool.state().events)
        registry.gauge(SPOOL_BYTES, "Bytes of the events in the spool.").set_function(lambda: spool.state().size_bytes)
        registry.gauge(SPOOL_AGE_SECONDS, "Age of the oldest event in the spool; 0 when empty.").set_function(
            lambda: _age_s(spool)
        )

    def published(self, outcome: str, seconds: float) -> None:
        """See the port."""
        self._publish.labels(outcome).observe(seconds)

    def broker_failed(self, kind: str) -> None:
        """See the port."""
        self._failures.labels(kind).inc()

    def drained(self, outcome: str) -> None:
        """See the port."""
        self._drained.labels(outcome).inc()

    def settled(self, action: str) -> None:
        """See the port."""
        self._settled.labels(action).inc()

    def subscriptions_changed(self, by: int) -> None:
        """See the port."""
        self._subscriptions.inc(by)


def _age_s(spool: Spool) -> float:
    oldest_at_s = spool.state().oldest_at_s
    return 0.0 if oldest_at_s is None else max(0.0, time.time() - oldest_at_s)
