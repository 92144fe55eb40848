"""What the use cases tell of their work."""

from typing import Protocol


class Meter(Protocol):
    """Counts and times; never raises."""

    def inferred(self, texts: int, tokens: int, seconds: float, waited_s: float) -> None:
        """One batch was computed; its oldest request had waited so long."""

    def refused(self) -> None:
        """A request found the queue full."""

    def looked_up(self, layer: str, hits: int, misses: int) -> None:
        """Texts were looked for in a layer of the cache: `local`, `redis` or `in_flight`."""

    def cache_failed(self, operation: str) -> None:
        """Redis did not answer."""

    def followed(self, embedded: int, unchanged: int, deleted: int, seconds: float) -> None:
        """The objects of one stretch of movements are searchable."""

    def follow_failed(self, reason: str) -> None:
        """Following was interrupted."""

    def skipped(self, reason: str) -> None:
        """An object cannot be kept."""

    def searched(self, collection: str, seconds: float) -> None:
        """One search in the index."""

    def sized(self, collection: str, entries: int) -> None:
        """A collection has so many entries."""
