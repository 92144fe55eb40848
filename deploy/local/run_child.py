"""Becomes the process that a start file describes, and dies with whoever started it.

`run_child.py START.json`, where START.json holds `argv`, `environment` (complete), `directory` and `death_signal`.
The kernel sends `death_signal` the moment the parent is gone, however it went: nothing is left running after a
`kill -9` of the launcher. Needs the standard library alone, so that any Python can run it.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

PARENT_VARIABLE = "OMS_PARENT_PID"
_PR_SET_PDEATHSIG = 1


def die_with_parent(signal_number: int) -> None:
    """Ask for a signal at the parent's death. Raises SystemExit where the parent is gone already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    # The parent may have died between its fork and the line above; then nobody would ever send the signal.
    expected = os.environ.get(PARENT_VARIABLE)
    if expected is not None and int(expected) != os.getppid():
        raise SystemExit("the process that started this one is gone")


def main(start_file: str) -> None:
    """Replace this process by the one described."""
    start = json.loads(Path(start_file).read_text(encoding="utf-8"))
    die_with_parent(signal.Signals(start["death_signal"]))
    os.chdir(start["directory"])
    argv = start["argv"]
    os.execve(argv[0], argv, {**start["environment"], PARENT_VARIABLE: str(os.getpid())})


if __name__ == "__main__":
    main(sys.argv[1])
