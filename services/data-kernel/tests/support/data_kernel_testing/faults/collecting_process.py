"""A process that is to be killed: it collects garbage in very small steps, and prints a line after each.

`python -m data_kernel_testing.faults.collecting_process <file>`
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data_kernel_testing.faults.garbage import DATABASE, RETENTION

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.collecting import cutting, sweeping
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.adapters.embedded.threads.writer import Writer


class Telling:
    """The store's writer, as a collection uses it."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def alone(self, change: Callable[[WriteSession], Any]) -> Any:
        return _told(await self._writer.alone(change))

    async def between(self, work: Callable[[WriteSession], Any]) -> Any:
        return _told(await self._writer.between(work))


def _told(result: Any) -> Any:
    sys.stdout.write("step\n")
    sys.stdout.flush()
    return result


async def main(path: Path) -> None:
    for module in (cutting, sweeping):
        vars(module).update(SLICE_S=0.0, _STEP_ROWS=4)
    store = await EmbeddedStore.open(path)
    vars(store._collector).update(_writer=Telling(store._writer))
    await store.collect(DATABASE, RETENTION)
    await store.close()


asyncio.run(main(Path(sys.argv[1])))
