"""Makes a store of so many small documents on the main branch: `python -m bench.load.fill FILE DOCUMENTS`."""

import asyncio
import json
import sys
import time
from pathlib import Path

from bench.load.embedded import filled


async def run(file: Path, documents: int) -> dict[str, float]:
    """Documents a second, without validators and the network."""
    began_s = time.perf_counter()
    async with filled(file, documents):
        return {"documents_per_s": documents / (time.perf_counter() - began_s)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2])))))
