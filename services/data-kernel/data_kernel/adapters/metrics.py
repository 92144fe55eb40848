"""The kernel's own metrics in the process's Prometheus registry."""

from shared.telemetry import MetricsRegistry, names


class PrometheusMetrics:
    """Latencies of store calls by kind and of validators by name, in seconds."""

    def __init__(self, registry: MetricsRegistry) -> None:
        self._store = registry.histogram(
            names.STORE_DURATION, "Duration of calls to the store, by operation and outcome.", ["operation", "outcome"]
        )
        self._validators = registry.histogram(
            names.VALIDATOR_DURATION, "Duration of the validators of a write, by name.", ["validator"]
        )

    def store_call(self, operation: str, outcome: str, duration_s: float) -> None:
        """One call to the store has ended; `outcome` is `ok` or the reason of its error."""
        self._store.labels(operation, outcome).observe(duration_s)

    def validator(self, name: str, duration_s: float) -> None:
        """One validator has run."""
        self._validators.labels(name).observe(duration_s)
