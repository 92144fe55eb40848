"""What the service counts, in Prometheus' terms."""

from collections.abc import Callable

from shared.telemetry.metrics import MetricsRegistry

_TEXTS_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class PrometheusMeter:
    """The meter port; the queue's depth is read when Prometheus asks."""

    def __init__(self, registry: MetricsRegistry, model_version: str) -> None:
        self._registry = registry
        self._version = model_version
        self._seconds = registry.histogram("embedding_inference_seconds", "Time of one batch.", ["model_version"])
        self._wait = registry.histogram("embedding_queue_wait_seconds", "Longest wait among the texts of a batch.")
        self._texts = registry.histogram("embedding_batch_texts", "Texts in one batch.", (), _TEXTS_BUCKETS)
        self._tokens = registry.counter("embedding_tokens", "Tokens read by the model.", ["model_version"])
        self._refused = registry.counter("embedding_refused", "Requests that found the queue full.")
        self._lookups = registry.counter("embedding_cache_lookups", "Texts looked up.", ["layer", "outcome"])
        self._cache_failures = registry.counter("embedding_cache_failures", "Redis did not answer.", ["operation"])
        self._followed = registry.counter("embedding_followed_objects", "Objects that moved.", ["outcome"])
        self._follow_seconds = registry.histogram("embedding_follow_seconds", "From movement to searchable.")
        self._follow_failures = registry.counter("embedding_follow_failures", "Interruptions.", ["reason"])
        self._skipped = registry.counter("embedding_skipped_objects", "Objects that cannot be kept.", ["reason"])
        self._search = registry.histogram("embedding_search_seconds", "Time of one search.", ["collection"])
        self._sizes = registry.gauge("embedding_collection_entries", "Entries of a collection.", ["collection"])

    def started(self, seconds: float, queued: Callable[[], int]) -> None:
        """The model took so long to be warm; `queued` tells how many texts wait."""
        gauge = self._registry.gauge("embedding_model_start_seconds", "From the start of loading to the first vector.")
        gauge.set(seconds)
        self._registry.gauge("embedding_queue_texts", "Texts that wait for a batch.").set_function(queued)

    def inferred(self, texts: int, tokens: int, seconds: float, waited_s: float) -> None:
        """See the port."""
        self._seconds.labels(self._version).observe(seconds)
        self._wait.observe(waited_s)
        self._texts.observe(texts)
        self._tokens.labels(self._version).inc(tokens)

    def refused(self) -> None:
        """See the port."""
        self._refused.inc()

    def looked_up(self, layer: str, hits: int, misses: int) -> None:
        """See the port."""
        self._lookups.labels(layer, "hit").inc(hits)
        self._lookups.labels(layer, "miss").inc(misses)

    def cache_failed(self, operation: str) -> None:
        """See the port."""
        self._cache_failures.labels(operation).inc()

    def followed(self, embedded: int, unchanged: int, deleted: int, seconds: float) -> None:
        """See the port."""
        for outcome, count in (("embedded", embedded), ("unchanged", unchanged), ("deleted", deleted)):
            self._followed.labels(outcome).inc(count)
        self._follow_seconds.observe(seconds)

    def follow_failed(self, reason: str) -> None:
        """See the port."""
        self._follow_failures.labels(reason).inc()

    def skipped(self, reason: str) -> None:
        """See the port."""
        self._skipped.labels(reason).inc()

    def searched(self, collection: str, seconds: float) -> None:
        """See the port."""
        self._search.labels(collection).observe(seconds)

    def sized(self, collection: str, entries: int) -> None:
        """See the port."""
        self._sizes.labels(collection).set(entries)
