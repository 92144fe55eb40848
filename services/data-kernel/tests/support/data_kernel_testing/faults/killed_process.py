"""A process that is to be killed: several writers write without end, and each acknowledgement is printed.

In between they ask for values, so that indexes are saved at every step.

`python -m data_kernel_testing.faults.killed_process <file> <run>`
"""

import asyncio
import itertools
import sys
from pathlib import Path

from data_kernel_testing.faults.load import WRITERS, Write, found_parts, perform, prepare

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.documents import index_saver

_EVERY_QUESTION = 3


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def write_on(store: EmbeddedStore, run: int, writer: int) -> None:
    for number in itertools.count():
        done = await perform(store, Write(run, writer, number))
        say(f"{done.write.name} {done.commit}")
        if number % _EVERY_QUESTION == writer % _EVERY_QUESTION:
            await found_parts(store, done)


async def main(path: Path, run: int) -> None:
    say("started")
    vars(index_saver).update(SAVED_AGAIN_AFTER=1)
    store = await EmbeddedStore.open(path)
    await prepare(store)
    await asyncio.gather(*(write_on(store, run, writer) for writer in range(WRITERS)))


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
