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
        self._scans = registry.gauge(names.STORE_SCANS_IN_PROGRESS, "Listings and diffs that the store is reading.")
        self._rows = registry.counter(names.STORE_ROWS_SCANNED, "Documents that listings and diffs looked at.")
        self._index_saves = registry.counter(
            names.STORE_INDEX_SAVES, "Indexes of properties that were to be saved, by outcome.", ["outcome"]
        )
        self._collected_commits = registry.counter(names.COLLECTED_COMMITS, "Commits that collections took out.")
        self._collected_bytes = registry.counter(names.COLLECTED_BYTES, "Bytes that collections took out.")

    def collected(self, commits: int, size_bytes: int) -> None:
        """A collection took so many commits and bytes out."""
        self._collected_commits.inc(commits)
        self._collected_bytes.inc(size_bytes)

    def store_call(self, operation: str, outcome: str, duration_s: float) -> None:
        """One call to the store has ended; `outcome` is `ok` or the reason of its error."""
        self._store.labels(operation, outcome).observe(duration_s)

    def validator(self, name: str, duration_s: float) -> None:
        """One validator has run."""
        self._validators.labels(name).observe(duration_s)

    def scan_started(self) -> None:
        """A listing or diff has begun in the store."""
        self._scans.inc()

    def scan_ended(self) -> None:
        """A listing or diff was read to its end, closed or cancelled."""
        self._scans.dec()

    def rows_scanned(self, rows: int) -> None:
        """So many documents were looked at by listings and diffs."""
        self._rows.inc(rows)

    def index_saved(self) -> None:
        """An index of a property is in the store's file."""
        self._index_saves.labels("ok").inc()

    def index_not_saved(self) -> None:
        """An index of a property could not be saved."""
        self._index_saves.labels("failed").inc()
