"""Makes branches in a store of 1 000 documents and tells what a page of them and a commit cost:
`python -m bench.load.many_branches FILE BRANCHES`."""

import asyncio
import json
import sys
from pathlib import Path

from bench.load.embedded import BRANCH, WHO, filled, median_ms, update, write
from data_kernel.domain.databases import Revision

ROUNDS = 100
DOCUMENTS = 1_000
PAGE = 50


async def run(file: Path, branches: int) -> dict[str, float]:
    """Medians in milliseconds."""
    async with filled(file, DOCUMENTS) as store:

        async def branch(number: int) -> None:
            await store.create_branch("oms", f"dev/oms/b{number:06}", WHO, Revision(branch=BRANCH))

        async def page(number: int) -> None:
            after = f"dev/oms/b{number * branches // ROUNDS // 2:06}"
            await store.list_branches("oms", after, PAGE)

        async def commit(number: int) -> None:
            await write(store, update(number, 0, 1))

        await median_ms(branch, branches)
        return {"page_ms": await median_ms(page, ROUNDS), "commit_ms": await median_ms(commit, ROUNDS)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2])))))
