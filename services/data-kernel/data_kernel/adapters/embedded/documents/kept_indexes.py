"""The indexes that are kept in memory: of each property the one that was asked for last."""

from threading import Lock

from data_kernel.adapters.embedded.documents.property_index import Index, IndexedProperty

MAX_ENTRIES = 1_000_000
"""Of all indexes together: about 100 bytes each where they are not saved."""


class KeptIndexes:
    """Shared by all threads; the least recently used indexes go beyond `max_entries`."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self.max_entries = max_entries
        self._kept: dict[IndexedProperty, Index] = {}
        self._lock = Lock()
        self._generation = 0

    @property
    def generation(self) -> int:
        """How often everything was forgotten."""
        return self._generation

    def get(self, of: IndexedProperty) -> Index | None:
        """The index that is kept."""
        with self._lock:
            return self._kept.get(of)

    def keep(self, of: IndexedProperty, index: Index) -> None:
        """Keep an index, unless everything was forgotten since it was begun."""
        with self._lock:
            if index.origin.generation != self._generation:
                return
            self._kept.pop(of, None)
            self._kept[of] = index
            left = sum(each.size for each in self._kept.values())
            for oldest in list(self._kept):
                if left <= self.max_entries:
                    return
                left -= self._kept.pop(oldest).size

    def clear(self) -> None:
        """Forget everything: a purge leaves no trace of a value, and a collection may take nodes."""
        with self._lock:
            self._kept.clear()
            self._generation += 1
