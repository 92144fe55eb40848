"""The store of format 2 that is kept with the tests, and a process that ends while it migrates one.

`python -m data_kernel_testing.format_2 <file> <steps>` is killed when its progress has been told so many times.
"""

import lzma
import os
import signal
import sys
from itertools import count
from pathlib import Path

from data_kernel.adapters.embedded.migrating.migration import migrate

KEPT = Path(__file__).parents[2] / "integration" / "embedded" / "formats" / "format-2.db.xz"


def unpack(path: Path) -> None:
    """Put the store where it is wanted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.decompress(KEPT.read_bytes()))


def _migrate_until(path: Path, steps: int) -> None:
    told = count()

    def on_progress(_part: str, _done: int, _total: int) -> None:
        if next(told) == steps:
            os.kill(os.getpid(), signal.SIGKILL)

    migrate(path, on_progress)


if __name__ == "__main__":
    _migrate_until(Path(sys.argv[1]), int(sys.argv[2]))
