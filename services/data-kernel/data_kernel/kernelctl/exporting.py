"""Export: the classes and then the documents of one state, in order of id bytes."""

from collections.abc import AsyncIterator, Callable
from typing import BinaryIO

from data_kernel.kernelctl.export_lines import INSTANCE, SCHEMA, Writing
from shared.canonical import Json
from shared.clients.kernel_http import KernelHttp

_PAGE_SIZE = 1000

OnCount = Callable[[str, int], None]
"""Is told what is under way, and how many lines are done."""


async def export_to(
    out: BinaryIO, kernel: KernelHttp, database: str | None, branch: str, rev: str, on_count: OnCount
) -> None:
    """Write a state as `export_lines` has it."""
    lines = Writing(out)
    async for graph, document in _state(kernel, database, branch, rev):
        lines.add(graph, document)
        on_count("exported", lines.count)
    lines.end()


async def _state(kernel: KernelHttp, database: str | None, branch: str, rev: str) -> AsyncIterator[tuple[str, Json]]:
    # The first page tells the commit, and everything is read at that one, whatever happens to the branch meanwhile.
    page = await kernel.page_documents(page_size=_PAGE_SIZE, database=database, branch=branch, rev=rev)
    if page.commit:
        for each in await kernel.get_schema(database=database, branch=branch, rev=page.commit):
            yield SCHEMA, each
    while True:
        for document in page.documents:
            yield INSTANCE, document
        if not page.next_page_token:
            return
        page = await kernel.page_documents(
            page_size=_PAGE_SIZE, page_token=page.next_page_token, database=database, branch=branch, rev=rev
        )
