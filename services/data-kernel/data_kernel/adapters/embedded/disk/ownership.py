"""One process owns a store: an advisory lock on `<file>.lock`, held for life and let go by the system at any death."""

import fcntl
import os
from pathlib import Path

from shared.errors import Unavailable


class Ownership:
    """The held lock. The process number in the file is for the message alone; the lock is what counts."""

    def __init__(self, store_path: Path) -> None:
        """Take the lock; `Unavailable` names the holder where another process or store has it."""
        lock_path = store_path.with_name(store_path.name + ".lock")
        self._file = os.fdopen(os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600), "rb+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file.fileno(), 32, 0).decode(errors="replace").strip() or "unknown"
            self._file.close()
            raise Unavailable(
                f"the store is already open in process {holder}; one process at a time may own it"
            ) from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n".encode())
        self._file.flush()

    def release(self) -> None:
        """Let go. The file stays: to delete it would let two processes lock two files of one name."""
        self._file.close()
