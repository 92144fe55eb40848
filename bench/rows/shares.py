"""Beside a row that writes: what takes the time of the writer's thread, so that a missed target tells why."""

from collections.abc import Iterator

from bench.figures import Figure
from bench.stage import folder, run_module


def shares(row: str, load: str) -> Iterator[Figure]:
    """Each stage's share, the largest first."""
    with folder() as own:
        found = run_module("bench.load.writer_shares", str(own), load)
    for stage, percent in sorted(found.items(), key=lambda each: -each[1]):
        yield Figure(row, f"of the writer's time, by a profiler: {stage}", percent, "%")
