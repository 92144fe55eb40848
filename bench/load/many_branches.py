"""What a page of branches and a commit cost where there are few branches and where there are many, asked in turn:
`python -m bench.load.many_branches FEW_FILE FEW MANY_FILE MANY`. Each store has 1 000 documents."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from bench.load.embedded import BRANCH, WHO, filled, update, write
from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.domain.databases import Revision

ROUNDS = 200
DOCUMENTS = 1_000
PAGE = 50


class _Stocked:
    """A store with so many branches, and what its calls took."""

    def __init__(self, store: EmbeddedStore, branches: int) -> None:
        self._store = store
        self._branches = branches
        self._times_ms: dict[str, list[float]] = {"page_ms": [], "commit_ms": []}

    async def stock(self) -> None:
        for number in range(self._branches):
            await self._store.create_branch("oms", f"dev/oms/b{number:06}", WHO, Revision(branch=BRANCH))

    async def round(self, number: int) -> None:
        after = f"dev/oms/b{number * self._branches // ROUNDS // 2:06}"
        await self._timed("page_ms", self._store.list_branches("oms", after, PAGE))
        await self._timed("commit_ms", write(self._store, update(number, 0, 1)))

    @property
    def medians(self) -> dict[str, float]:
        return {name: median(times) for name, times in self._times_ms.items()}

    async def _timed(self, name: str, call: Awaitable[object]) -> None:
        began_s = time.perf_counter()
        await call
        self._times_ms[name].append(1000 * (time.perf_counter() - began_s))


async def run(files: dict[int, Path]) -> dict[int, dict[str, float]]:
    """Medians in milliseconds, by the number of branches."""
    async with AsyncExitStack() as stack:
        stores = {
            count: _Stocked(await stack.enter_async_context(filled(file, DOCUMENTS)), count)
            for count, file in files.items()
        }
        for each in stores.values():
            await each.stock()
        for number in range(ROUNDS):
            for each in stores.values():
                await each.round(number)
        return {count: each.medians for count, each in stores.items()}


if __name__ == "__main__":
    _, few_file, few, many_file, many = sys.argv
    print(json.dumps(asyncio.run(run({int(few): Path(few_file), int(many): Path(many_file)}))))
