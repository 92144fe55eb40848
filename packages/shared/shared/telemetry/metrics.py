"""The Prometheus registry of one process."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# Seconds; the kernel's reads take some 100 µs, a query may take 30 s.
DURATION_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


_Family = TypeVar("_Family", Counter, Gauge, Histogram)


class MetricsRegistry(CollectorRegistry):
    """A registry that hands out the collector of a name again when it is asked for a second time.

    So a server, several channels and several circuit breakers of one process share their families, and nothing has to
    live in a module. Asking for a known name as another kind raises `TypeError`.
    """

    def __init__(self) -> None:
        super().__init__(auto_describe=True)
        self._families: dict[str, Counter | Gauge | Histogram] = {}

    def counter(self, name: str, documentation: str, labels: Sequence[str] = ()) -> Counter:
        """The counter `name`, without the suffix `_total` that its sample gets."""
        return self._family(Counter, name, lambda: Counter(name, documentation, labels, registry=self))

    def gauge(self, name: str, documentation: str, labels: Sequence[str] = ()) -> Gauge:
        """The gauge `name`."""
        return self._family(Gauge, name, lambda: Gauge(name, documentation, labels, registry=self))

    def histogram(
        self, name: str, documentation: str, labels: Sequence[str] = (), buckets: Sequence[float] = DURATION_BUCKETS_S
    ) -> Histogram:
        """The histogram `name`; durations are in seconds."""
        return self._family(
            Histogram, name, lambda: Histogram(name, documentation, labels, registry=self, buckets=buckets)
        )

    def _family(self, kind: type[_Family], name: str, make: Callable[[], _Family]) -> _Family:
        known = self._families.get(name)
        if known is None:
            made = make()
            self._families[name] = made
            return made
        if not isinstance(known, kind):
            raise TypeError(f"metric {name} is a {type(known).__name__}, not a {kind.__name__}")
        return known
