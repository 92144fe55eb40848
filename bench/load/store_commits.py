"""Durable single-document commits straight into the embedded store, with the class checked:
`python -m bench.load.store_commits FOLDER SECONDS`."""

import asyncio
import sys
from itertools import count
from pathlib import Path

from bench.load.closed_loop import Load, closed_loop
from bench.load.writing import Writing, writing
from bench.rows.documents import CLASSES, document

WRITERS = 64


async def commits(into: Writing, seconds: float) -> Load:
    """64 writers on one branch."""
    numbers = count()
    return await closed_loop(lambda: into.insert([document(f"{next(numbers):012}")]), WRITERS, seconds)


async def run(folder: Path, seconds: float) -> Load:
    """One run into a new store."""
    async with writing(folder / "store.db", CLASSES) as into:
        return await commits(into, seconds)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), float(sys.argv[2]))).print()
