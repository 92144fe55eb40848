"""K7: a store of 10 000 branches beside one of 100: the kernel's start, a page of branches, a commit."""

import time
from collections.abc import Iterator

from support.platform import Platform

from bench.figures import Figure
from bench.stage import QUIET, folder, run_module, store_file

FEW, MANY = 100, 10_000


def run() -> Iterator[Figure]:
    """Few first, then many."""
    few, many = _measure(FEW), _measure(MANY)
    yield Figure("K7", "start to ready with 10 000 branches", many["start_s"], "s", 2, at_least=False)
    yield Figure("K7", "start to ready with 100 branches", few["start_s"], "s")
    for name, what in {"page_ms": "page of 50 branches", "commit_ms": "one-document commit"}.items():
        yield Figure("K7", f"{what} at 10 000 : 100 branches", many[name] / few[name], "x", 1.5, at_least=False)


def _measure(branches: int) -> dict[str, float]:
    with folder() as own:
        platform = Platform(own, only=["data-kernel"], environment={"data-kernel": QUIET}, traces=False)
        file = store_file(platform)
        file.parent.mkdir(parents=True)
        figures = run_module("bench.load.many_branches", str(file), str(branches))
        began_s = time.perf_counter()
        with platform:
            platform.wait_ready()
            return {**figures, "start_s": time.perf_counter() - began_s}
