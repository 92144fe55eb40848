"""Stops the `make up` that runs with this data, from elsewhere, and waits for its end: `make down`."""

import os
import signal
import sys
import time
from typing import Final

from choices import read_choices
from home import is_owned, running_pid

_PAUSE_S: Final = 0.1
_MARGIN_S: Final = 10.0


def main() -> int:
    """Send SIGTERM and wait; 0 also where nothing runs."""
    choices = read_choices()
    home = choices.home
    if not is_owned(home):
        print("nothing runs with this data")
        return 0
    pid = running_pid(home)
    if pid is None:
        print("make down: the platform runs, but has not written its pid yet: try again", file=sys.stderr)
        return 1
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + choices.up_drain_s + _MARGIN_S
    while is_owned(home):
        if time.monotonic() > deadline:
            print(f"make down: the platform (pid {pid}) has not ended", file=sys.stderr)
            return 1
        time.sleep(_PAUSE_S)
    print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
