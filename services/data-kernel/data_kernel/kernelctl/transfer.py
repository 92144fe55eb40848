"""Export and import: the classes and documents of one state as lines of JSON, `{"graph": …, "document": …}`."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import BinaryIO

from shared.canonical import Json, decode, encode
from shared.clients.kernel_http import KernelHttp
from shared.errors import InvalidInput

_PAGE_SIZE = 1000
_BATCH_DOCUMENTS = 1000
_BATCH_BYTES = 16 << 20
_GRAPHS = _INSTANCE, _SCHEMA = "instance", "schema"

OnCount = Callable[[str, int], None]
"""Is told what is under way, and how many documents are done."""


async def export_to(
    out: BinaryIO, kernel: KernelHttp, database: str | None, branch: str, rev: str, on_count: OnCount
) -> int:
    """Write the classes and then the documents of a state, in order of id bytes; how many lines there are."""
    count = 0
    async for graph, document in _state(kernel, database, branch, rev):
        out.write(encode({"graph": graph, "document": document}) + b"\n")
        count += 1
        on_count("exported", count)
    return count


async def _state(kernel: KernelHttp, database: str | None, branch: str, rev: str) -> AsyncIterator[tuple[str, Json]]:
    # The first page tells the commit, and everything is read at that one, whatever happens to the branch meanwhile.
    page = await kernel.page_documents(page_size=_PAGE_SIZE, database=database, branch=branch, rev=rev)
    if page.commit:
        for each in await kernel.get_schema(database=database, branch=branch, rev=page.commit):
            yield _SCHEMA, each
    while True:
        for document in page.documents:
            yield _INSTANCE, document
        if not page.next_page_token:
            return
        page = await kernel.page_documents(
            page_size=_PAGE_SIZE, page_token=page.next_page_token, database=database, branch=branch, rev=rev
        )


async def import_from(
    lines: Iterable[bytes], kernel: KernelHttp, database: str | None, branch: str, message: str, on_count: OnCount
) -> int:
    """Write what an export has, new or in place of what is there, a thousand documents a commit; how many there are.

    Every commit is checked like any other; those before a refused one stay, and the same import goes on after them.
    """
    count = 0
    for graph, batch in _batches(lines):
        if graph == _SCHEMA:
            await kernel.put_schema(batch, database=database, branch=branch, message=message)
        else:
            await kernel.put_document(batch, database=database, branch=branch, message=message)
        count += len(batch)
        on_count("imported", count)
    return count


def _batches(lines: Iterable[bytes]) -> Iterator[tuple[str, list[Json]]]:
    """Documents of one graph each, of the schema all that stand together, for classes refer to one another."""
    batch: list[Json] = []
    of, size = "", 0
    for number, line in enumerate(lines, 1):
        graph, document = _entry(number, line)
        is_full = of == _INSTANCE and (len(batch) == _BATCH_DOCUMENTS or size + len(line) > _BATCH_BYTES)
        if batch and (graph != of or is_full):
            yield of, batch
            batch, size = [], 0
        of = graph
        size += len(line)
        batch.append(document)
    if batch:
        yield of, batch


def _entry(number: int, line: bytes) -> tuple[str, Json]:
    entry = decode(line, field=f"line {number}")
    graph = entry.get("graph") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or graph not in _GRAPHS or "document" not in entry:
        raise InvalidInput(f"line {number}: it is no line of an export", field=f"line {number}")
    return str(graph), entry["document"]
