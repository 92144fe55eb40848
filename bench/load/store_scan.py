"""How fast a store is read from end to end: `python -m bench.load.store_scan FOLDER DOCUMENTS`."""

import asyncio
import json
import sys
import time
from pathlib import Path

from bench.load.embedded import BRANCH, filled
from data_kernel.application.ports import ScanQuery
from data_kernel.domain.databases import Revision

ROUNDS = 3


async def run(file: Path, documents: int) -> dict[str, float]:
    """Documents a second, the best of the rounds."""
    async with filled(file, documents) as store:
        state = await store.resolve("oms", Revision(branch=BRANCH))
        speeds = []
        for _ in range(ROUNDS):
            began_s = time.perf_counter()
            found = 0
            async for batch in store.scan("oms", state, ScanQuery()):
                found += len(batch)
            speeds.append(found / (time.perf_counter() - began_s))
        return {"documents_per_s": max(speeds)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1]) / "store.db", int(sys.argv[2])))))
