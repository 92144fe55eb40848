"""K7: a store of 10 000 branches beside one of 100: the kernel's start, a page of branches, a commit."""

import time
from collections.abc import Iterator
from pathlib import Path

from support.platform import Platform

from bench.figures import Figure
from bench.stage import QUIET, folder, run_module, store_file

FEW, MANY = 100, 10_000


def run() -> Iterator[Figure]:
    """Calls to both in turn, then a start of each."""
    with folder() as own:
        kernels = {branches: _kernel(own / str(branches)) for branches in (FEW, MANY)}
        files = ((str(store_file(kernel)), str(branches)) for branches, kernel in kernels.items())
        figures = run_module("bench.load.many_branches", *(argument for pair in files for argument in pair))
        starts_s = {branches: _start_s(kernel) for branches, kernel in kernels.items()}
    yield Figure("K7", "start to ready with 10 000 branches", starts_s[MANY], "s", 2, at_least=False)
    yield Figure("K7", "start to ready with 100 branches", starts_s[FEW], "s")
    for name, what in {"page_ms": "page of 50 branches", "commit_ms": "one-document commit"}.items():
        quotient = figures[str(MANY)][name] / figures[str(FEW)][name]
        yield Figure("K7", f"{what} at 10 000 : 100 branches", quotient, "x", 1.5, at_least=False)


def _kernel(home: Path) -> Platform:
    platform = Platform(home, only=["data-kernel"], environment={"data-kernel": QUIET}, traces=False)
    store_file(platform).parent.mkdir(parents=True)
    return platform


def _start_s(platform: Platform) -> float:
    began_s = time.perf_counter()
    with platform:
        platform.wait_ready()
        return time.perf_counter() - began_s
