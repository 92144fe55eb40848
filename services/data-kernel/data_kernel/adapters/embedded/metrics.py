"""What the store counts; an adapter of the process's metrics stands behind the protocol."""

from dataclasses import dataclass
from typing import Protocol


class StoreMetrics(Protocol):
    """Counters and gauges of the store, called on the event loop."""

    def scan_started(self) -> None:
        """A listing or diff has begun."""

    def scan_ended(self) -> None:
        """A listing or diff was read to its end, closed or cancelled."""

    def rows_scanned(self, rows: int) -> None:
        """So many documents were looked at by listings and diffs."""

    def index_saved(self) -> None:
        """An index of a property is in the file."""

    def index_not_saved(self) -> None:
        """An index of a property could not be saved."""


@dataclass(slots=True)
class StoreCounters:
    """Counts in plain attributes."""

    scans_in_progress: int = 0
    rows_scanned_total: int = 0
    indexes_saved_total: int = 0
    indexes_not_saved_total: int = 0

    def scan_started(self) -> None:
        """As the protocol says."""
        self.scans_in_progress += 1

    def scan_ended(self) -> None:
        """As the protocol says."""
        self.scans_in_progress -= 1

    def rows_scanned(self, rows: int) -> None:
        """As the protocol says."""
        self.rows_scanned_total += rows

    def index_saved(self) -> None:
        """As the protocol says."""
        self.indexes_saved_total += 1

    def index_not_saved(self) -> None:
        """As the protocol says."""
        self.indexes_not_saved_total += 1
