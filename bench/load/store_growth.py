"""What single operations cost on a store of a given size: `python -m bench.load.store_growth FOLDER DOCUMENTS`."""

import asyncio
import json
import sys
from itertools import count, pairwise
from pathlib import Path

from bench.load.embedded import BRANCH, WHO, document_id, filled, update, write
from bench.load.embedded import median_ms as timed
from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.domain.databases import Revision, State

ROUNDS = 100
WRITERS = 64
GROUPS = 20


async def run(file: Path, documents: int) -> dict[str, float]:
    """Medians in milliseconds of calls one after another, and bytes written per commit in groups of 64."""
    async with filled(file, documents) as store:
        commits: list[str] = []
        stride = max(1, documents // ROUNDS)

        async def commit(number: int) -> None:
            commits.append(await write(store, update(number * stride % documents, 0, 1)))

        async def branch(number: int) -> None:
            await store.create_branch("oms", f"dev/oms/b{number}", WHO, Revision(branch=BRANCH))

        async def read(number: int) -> None:
            state = await store.resolve("oms", Revision(commit=commits[number]))
            await store.get("oms", state, [document_id(number * stride % documents)])

        async def diff(number: int) -> None:
            old, new = pairs[number % len(pairs)]
            changes = [each async for part in store.diff("oms", State(old, None), State(new, None)) for each in part]
            if len(changes) != 1:
                raise RuntimeError(f"neighbours differ in {len(changes)} documents")

        figures = {"commit_ms": await timed(commit, ROUNDS)}
        pairs = list(pairwise(commits))
        figures["branch_ms"] = await timed(branch, ROUNDS)
        figures["old_read_ms"] = await timed(read, ROUNDS)
        figures["diff_ms"] = await timed(diff, ROUNDS)
        figures["bytes_per_commit"] = await _bytes_per_commit(store, documents)
        return figures


async def _bytes_per_commit(store: EmbeddedStore, documents: int) -> float:
    """All that the process writes while 64 writers commit, each a document of its own: the log, the file, the rest."""
    numbers = count()
    # Odd steps through the whole range, so that neighbours in time are not neighbours in the tree.
    step = max(1, documents // (WRITERS * GROUPS)) | 1

    async def writer() -> None:
        for _ in range(GROUPS):
            number = next(numbers)
            await write(store, update(number * step % documents, 1, 2 + number))

    before = _written()
    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    return (_written() - before) / (WRITERS * GROUPS)


def _written() -> int:
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar:"))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1]) / "store.db", int(sys.argv[2])))))
