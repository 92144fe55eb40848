"""The form of an export: lines of JSON, `{"graph": …, "document": …}`, classes first, and the mark of the end.

The last line is `{"end": {"lines": …, "sha256": …}}`: how many lines stand before it, and the SHA-256 of their bytes
with the line feeds. An export without it is cut, whatever it came through.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from shared.canonical import Json, decode, encode
from shared.errors import InvalidInput

INSTANCE, SCHEMA = GRAPHS = "instance", "schema"

_END = "end"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an export: its number from 1, where it begins and how long it is, in bytes, and what it has."""

    number: int
    offset: int
    size_bytes: int
    graph: str
    document: Json

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"line {self.number}"


class Writing:
    """Lines on their way out."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._digest = hashlib.sha256()
        self.count = 0

    def add(self, graph: str, document: Json) -> None:
        """Write a line."""
        line = encode({"graph": graph, "document": document}) + b"\n"
        self._digest.update(line)
        self._out.write(line)
        self.count += 1

    def end(self) -> None:
        """Write the mark of the end."""
        self._out.write(encode({_END: {"lines": self.count, "sha256": self._digest.hexdigest()}}) + b"\n")


def read(lines: Iterable[bytes], *, needs_end: bool) -> Iterator[Line]:
    """The lines of an export; what is wrong with it as a whole shows when the last one was taken.

    Errors: `InvalidInput` for a line that is none of an export, for lines after the end, for others than the end tells,
    and where `needs_end` for an export without end.
    """
    digest, offset, end = hashlib.sha256(), 0, None
    for number, text in enumerate(lines, 1):
        name = f"line {number}"
        if end is not None:
            raise InvalidInput(f"{name}: the export has ended before it", field=name)
        value = decode(text, field=name)
        if isinstance(value, dict) and value.keys() == {_END}:
            end = value[_END]
            _check(name, end, {"lines": number - 1, "sha256": digest.hexdigest()})
        else:
            yield _line(number, offset, text, value)
        digest.update(text)
        offset += len(text)
    if needs_end and end is None:
        raise InvalidInput("the export is cut: its last line, with the mark of the end, is missing", field=_END)


def _check(name: str, end: Json, found: dict[str, Json]) -> None:
    if end != found:
        raise InvalidInput(f"{name}: the export was changed or cut: its end tells of other lines", field=name)


def _line(number: int, offset: int, text: bytes, value: Json) -> Line:
    graph = value.get("graph") if isinstance(value, dict) else None
    if not isinstance(value, dict) or graph not in GRAPHS or "document" not in value:
        raise InvalidInput(f"line {number}: it is no line of an export", field=f"line {number}")
    return Line(number, offset, len(text), str(graph), value["document"])
