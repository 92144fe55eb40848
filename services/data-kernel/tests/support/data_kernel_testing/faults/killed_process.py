"""A process that is to be killed: several writers write without end, and each acknowledgement is printed.

`python -m data_kernel_testing.faults.killed_process <file> <run>`
"""

import asyncio
import itertools
import sys
from pathlib import Path

from data_kernel_testing.faults.load import WRITERS, Write, perform, prepare

from data_kernel.adapters.embedded import EmbeddedStore


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def write_on(store: EmbeddedStore, run: int, writer: int) -> None:
    for number in itertools.count():
        write, commit = await perform(store, Write(run, writer, number))
        say(f"{write.name} {commit}")


async def main(path: Path, run: int) -> None:
    say("started")
    store = await EmbeddedStore.open(path)
    await prepare(store)
    await asyncio.gather(*(write_on(store, run, writer) for writer in range(WRITERS)))


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
