"""What an export has, without its content: where each document stands, and which others it may refer to."""

from array import array
from collections.abc import Iterator
from typing import BinaryIO

from data_kernel.kernelctl.components import Edges
from data_kernel.kernelctl.export_lines import SCHEMA, Line, read
from shared.canonical import Json, decode
from shared.errors import InvalidInput


class Catalogue:
    """The documents of an export that can be read again, numbered from 0 in their order; the classes are kept whole.

    Reading it checks the whole export. It holds some hundred bytes a document, whatever the documents' size.
    Errors: those of `export_lines.read`, and `InvalidInput` for an id that stands twice.
    """

    def __init__(self, source: BinaryIO, *, needs_end: bool) -> None:
        self._source = source
        self._places = array("Q")
        self._sizes = array("Q")
        self._numbers: dict[str, int] = {}
        self.classes: list[Json] = []
        for line in read(source, needs_end=needs_end):
            if line.graph == SCHEMA:
                self.classes.append(line.document)
            else:
                self._add(line)

    def __len__(self) -> int:
        return len(self._places)

    def size_bytes(self, number: int) -> int:
        """How long a document's line is."""
        return self._sizes[number]

    def document(self, number: int) -> Json:
        """A document, read again."""
        self._source.seek(self._places[number])
        line = decode(self._source.read(self._sizes[number]), field=f"document {number}")
        return line["document"] if isinstance(line, dict) else None

    def references(self) -> Edges:
        """From each document to those whose ids stand in it as texts.

        That may be too many, where a text only looks like an id, and is never too few: classes need not be known.
        """
        edges = Edges()
        for number in range(len(self)):
            met = {self._numbers[text] for text in _texts(self.document(number)) if text in self._numbers}
            edges.add(iter(sorted(met - {number})))
        return edges

    def _add(self, line: Line) -> None:
        number = len(self)
        self._places.append(line.offset)
        self._sizes.append(line.size_bytes)
        if not isinstance(line.document, dict) or not isinstance(line.document.get("@id"), str):
            return
        document_id = str(line.document["@id"])
        if self._numbers.setdefault(document_id, number) != number:
            raise InvalidInput(f"{line.name}: {document_id} stands in a line before it already", field=line.name)


def _texts(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts(each)
        case dict():
            for each in value.values():
                yield from _texts(each)
