"""What the reader sees: titles, sentences, a line of progress, a table. Plain text, in a terminal as in a file."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final, TextIO

_WIDTH: Final = 100
_TENTHS: Final = 10
_BAR_PER_TENTH: Final = 3


class Narrator:
    """Writes the story to a stream."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._moves = out.isatty()
        self._shown = ("", 0)

    def title(self, text: str) -> None:
        """A step begins."""
        self._line("")
        self._line(f"── {text} {'─' * max(0, _WIDTH - len(text) - 4)}")

    def why(self, text: str) -> None:
        """What the step shows, and why that matters."""
        for line in textwrap.wrap(text, _WIDTH):
            self._line(line)

    def call(self, method: str, path: str) -> None:
        """What is asked of the platform."""
        self._line(f"   → {method} {path}")

    def saw(self, text: str) -> None:
        """What came of it."""
        for number, line in enumerate(textwrap.wrap(text, _WIDTH - 5)):
            self._line(f"   {'✓' if number == 0 else ' '} {line}")

    def item(self, text: str) -> None:
        """One of several things that came of it."""
        self._line(f"       {textwrap.shorten(text, _WIDTH - 7, placeholder=' …')}")

    def progress(self, done: int, total: int, what: str) -> None:
        """How far it is: a bar that moves in a terminal, else a line for every tenth; the end is shown once."""
        tenth = _TENTHS * done // total
        if self._shown == (what, tenth) and (not self._moves or done == total):
            return
        self._shown = what, tenth
        bar = "█" * tenth * _BAR_PER_TENTH + "·" * (_TENTHS - tenth) * _BAR_PER_TENTH
        line = f"   [{bar}] {done / total:4.0%}  {grouped(done)} of {grouped(total)} {what}"
        if self._moves:
            self._out.write(f"\r{line}\x1b[K" + ("\n" if done == total else ""))
            self._out.flush()
        else:
            self._line(line)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Columns as wide as what stands in them."""
        lines = [heads, *rows]
        widths = [max(len(row[column]) for row in lines) for column in range(len(heads))]
        for number, row in enumerate(lines):
            self._line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
            if number == 0:
                self._line("  ".join("─" * width for width in widths))

    def line(self, text: str = "") -> None:
        """A line as it is."""
        self._line(text)

    def _line(self, text: str) -> None:
        self._out.write(f"{text}\n")
        self._out.flush()


def grouped(number: int) -> str:
    """A count with its digits in threes: `2 000`."""
    return f"{number:,}".replace(",", " ")
