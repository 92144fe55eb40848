"""Counts of both paths of each flag, in the histograms of the process."""

from collections.abc import Mapping
from itertools import pairwise

from oms.application.ports import FlagState, PathFigures
from oms.application.rollout import ROLLOUT_ORDER
from shared.flags.flags import Flags
from shared.flags.value import Path
from shared.telemetry.metrics import MetricsRegistry

_DURATION = "oms_path_duration_seconds"


class HistogramBoard:
    """`PathMeter` and `MigrationBoard` over one Prometheus histogram; `sources` tells where each flag was set."""

    def __init__(self, flags: Flags, sources: Mapping[str, str], registry: MetricsRegistry) -> None:
        self._flags = flags
        self._sources = sources
        self._durations = registry.histogram(
            _DURATION, "Calls of both paths of the rollout flags", ("flag", "path", "outcome")
        )

    def record(self, flag: str, path: Path, duration_s: float, *, failed: bool) -> None:
        """As `PathMeter.record`."""
        self._durations.labels(flag, path.value, "failed" if failed else "answered").observe(duration_s)

    def states(self) -> list[FlagState]:
        """As `MigrationBoard.states`."""
        counts = self._counts()
        return [
            FlagState(
                name,
                str(self._flags.value(name)),
                self._sources[name],
                {path.value: _figures(counts, name, path) for path in Path},
            )
            for name in ROLLOUT_ORDER
        ]

    def _counts(self) -> dict[tuple[str, str, str], dict[float, int]]:
        """How many calls took at most so many seconds, by flag, path and outcome."""
        counts: dict[tuple[str, str, str], dict[float, int]] = {}
        for family in self._durations.collect():
            for sample in family.samples:
                if sample.name.endswith("_bucket"):
                    labels = sample.labels
                    key = (labels["flag"], labels["path"], labels["outcome"])
                    counts.setdefault(key, {})[float(labels["le"])] = int(sample.value)
        return counts


def _figures(counts: Mapping[tuple[str, str, str], dict[float, int]], flag: str, path: Path) -> PathFigures:
    answered = counts.get((flag, path.value, "answered"), {})
    failed = counts.get((flag, path.value, "failed"), {})
    bounds = sorted({*answered, *failed})
    both = [(bound, answered.get(bound, 0) + failed.get(bound, 0)) for bound in bounds]
    calls = both[-1][1] if both else 0
    failures = max(failed.values(), default=0)
    return PathFigures(calls, failures, *(percentile(both, share) for share in (0.5, 0.95, 0.99)))


def percentile(cumulative: list[tuple[float, int]], share: float) -> float | None:
    """The value below which that share of the calls lies, between the bounds of its bucket in proportion.

    `cumulative` has each bucket's upper bound with the number of calls up to it. What lies beyond the last finite bound
    is told as that bound; `None` without calls.
    """
    if not cumulative or not cumulative[-1][1]:
        return None
    wanted = share * cumulative[-1][1]
    for (lower, before), (upper, upto) in pairwise([(0.0, 0), *cumulative]):
        if upto >= wanted and upto > before:
            return lower if upper == float("inf") else lower + (upper - lower) * (wanted - before) / (upto - before)
    return None
