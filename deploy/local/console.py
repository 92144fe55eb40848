"""What people see: the lines of every process behind its name, coloured on a terminal."""

import os
import sys
from collections import deque
from pathlib import Path
from typing import Final

_COLOURS: Final = (36, 32, 33, 35, 34, 31)
_KEPT_LINES: Final = 20


class Console:
    """Prints prefixed lines to standard output; after the reader has gone it prints nothing, and `closed` is true."""

    def __init__(self, names: list[str]) -> None:
        self._width = max(map(len, names))
        coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._colours = {name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(names)} if coloured else {}
        self.closed = False

    def line(self, name: str, text: str) -> None:
        """Print one line of a process."""
        prefix = f"{name:{self._width}} |"
        if name in self._colours:
            prefix = f"\x1b[{self._colours[name]}m{prefix}\x1b[0m"
        self.text(f"{prefix} {text}")

    def text(self, text: str) -> None:
        """Print a line as it is."""
        if self.closed:
            return
        try:
            print(text, flush=True)
        except (BrokenPipeError, OSError):
            self.closed = True
            # Python would complain once more at its exit, when it flushes what is left.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Tail:
    """Follows a file from where it ends now, over its rotation by renaming; keeps the last lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb") if path.exists() else None
        if self._file is not None:
            self._file.seek(0, os.SEEK_END)
        self._partial = b""
        self.last_lines: deque[str] = deque(maxlen=_KEPT_LINES)

    def new_lines(self) -> list[str]:
        """The whole lines that were added since the last call."""
        data = self._read()
        if self._rotated():
            # What was written between the read above and the rename is still in the old file.
            data += self._read()
            self._reopen()
            data += self._read()
        *whole, self._partial = (self._partial + data).split(b"\n")
        lines = [line.decode("utf-8", "replace").rstrip("\r") for line in whole]
        self.last_lines.extend(lines)
        return lines

    def _read(self) -> bytes:
        return self._file.read() if self._file is not None else b""

    def _rotated(self) -> bool:
        try:
            now = self._path.stat().st_ino
        except FileNotFoundError:
            return False
        return self._file is None or os.fstat(self._file.fileno()).st_ino != now

    def _reopen(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._path.open("rb")

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
