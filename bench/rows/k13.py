"""K13: bytes written per one-document commit in groups of 64, the log included; a count, not a time."""

from collections.abc import Iterator

from bench.figures import Figure
from bench.rows.k6 import LARGE, SMALL, measure

KIB = 1024


def run() -> Iterator[Figure]:
    """At both sizes."""
    small, large = (measure(documents)["bytes_per_commit"] for documents in (SMALL, LARGE))
    yield Figure("K13", "bytes per commit at 1 000 documents", small / KIB, "KiB", 16, at_least=False)
    yield Figure("K13", "bytes per commit at 1 000 000 documents", large / KIB, "KiB", 16, at_least=False)
    yield Figure("K13", "bytes per commit at 1 000 000 : 1 000 documents", large / small, "x", 2, at_least=False)
