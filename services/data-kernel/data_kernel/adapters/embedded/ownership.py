"""One process owns a store: an advisory lock on `<file>.lock`, held for life and let go by the system at any death."""

import fcntl
import os
from pathlib import Path

from shared.errors import Unavailable


class Ownership:
    """The held lock. The process number in the file is for the message alone; the lock is what counts."""

    def __init__(self, store_path: Path) -> None:
        """Take the lock; `Unavailable` names the holder where another process or store has it."""
        self._descriptor = os.open(store_path.with_name(store_path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise Unavailable(
                f"the store is already open in process {holder}; one process at a time may own it"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go. The file stays: to delete it would let two processes lock two files of one name."""
        os.close(self._descriptor)
