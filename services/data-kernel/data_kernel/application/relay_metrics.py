"""What the relay tells about itself."""

from shared.errors import Reason
from shared.telemetry.metrics import MetricsRegistry


class RelayMetrics:
    """Counters and gauges of the outbox and its relay."""

    def __init__(self, registry: MetricsRegistry) -> None:
        self._published = registry.counter("kernel_events_published", "Events announced.", ["type", "queued"])
        self._failures = registry.counter("kernel_relay_failures", "Attempts to announce that failed.", ["reason"])
        self._dead_letters = registry.counter("kernel_outbox_dead_letters", "Entries given up.")
        self._depth = registry.gauge("kernel_outbox_depth", "Ref updates not yet announced.")
        self._oldest_age_s = registry.gauge("kernel_outbox_oldest_age_seconds", "Age of the oldest of them.")

    def published(self, event_type: str, *, queued: bool) -> None:
        """One event was taken, by the broker or by the gateway's spool (`queued`)."""
        self._published.labels(event_type, str(queued).lower()).inc()

    def failed(self, reason: Reason) -> None:
        """One attempt failed."""
        self._failures.labels(reason).inc()

    def dead_letter(self) -> None:
        """One entry was given up."""
        self._dead_letters.inc()

    def observed(self, depth: int, oldest_age_s: float) -> None:
        """How the outbox stands."""
        self._depth.set(depth)
        self._oldest_age_s.set(oldest_age_s)
