"""K6: how single operations grow from 1 000 documents to 1 000 000, on the store itself."""

from collections.abc import Iterator

from bench.figures import Figure
from bench.stage import folder, run_module

SMALL, LARGE = 1_000, 1_000_000
BARS = {
    "branch_ms": ("branch create", 1.5, 1.0),
    "commit_ms": ("one-document commit", 2.0, 2.0),
    "old_read_ms": ("read at an old commit", 2.0, 0.5),
    "diff_ms": ("diff of neighbours", 2.0, 2.0),
}


def measure(documents: int) -> dict[str, float]:
    """All figures of a store of that size."""
    with folder() as own:
        return run_module("bench.load.store_growth", str(own), str(documents))


def run() -> Iterator[Figure]:
    """Medians of calls one after another."""
    small, large = measure(SMALL), measure(LARGE)
    for name, (what, growth, bar_ms) in BARS.items():
        yield Figure(
            "K6", f"{what} at 1 000 000 : 1 000 documents", large[name] / small[name], "x", growth, at_least=False
        )
        yield Figure("K6", f"{what} at 1 000 documents", small[name], "ms", bar_ms, at_least=False)
