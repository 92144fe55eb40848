"""K11: the hook pipeline with all built-in validators on a document of ten fields."""

from collections.abc import Iterator

from bench.figures import Figure, middle
from bench.stage import folder, run_module

ROUNDS = 3
WRITES = 1_000


def run() -> Iterator[Figure]:
    """Medians of three runs."""
    times_ms = []
    for _ in range(ROUNDS):
        with folder() as own:
            times_ms.append(run_module("bench.load.hook_pipeline", str(own), str(WRITES))["p50_ms"])
    yield middle("K11", "hook pipeline, p50", times_ms, "ms", 0.5, at_least=False)
