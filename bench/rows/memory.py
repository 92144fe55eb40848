"""Memory of each process of the platform at rest."""

from collections.abc import Iterator

import psutil
from support.platform import Platform

from bench.figures import Figure
from bench.stage import folder

MIB = 1024 * 1024


def run() -> Iterator[Figure]:
    """Resident memory once all of them are ready and before the first request."""
    with folder() as own, Platform(own) as platform:
        platform.wait_ready()
        for name in platform.names:
            yield Figure("memory", f"{name} at rest", psutil.Process(platform.pid(name)).memory_info().rss / MIB, "MiB")
