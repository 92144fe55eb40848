"""Import: the classes of an export in one commit, then its documents, each after those that it refers to."""

from collections.abc import Iterator
from dataclasses import dataclass

from data_kernel.domain.schema.model import RAW_CLASS
from data_kernel.kernelctl.catalogue import Catalogue
from data_kernel.kernelctl.components import components
from data_kernel.kernelctl.exporting import OnCount
from shared.canonical import Json
from shared.clients.kernel_http import KernelHttp
from shared.errors import TooLarge

_BATCH_DOCUMENTS = 1000
_BATCH_BYTES = 16 << 20
_RAW_IDS = f"{RAW_CLASS}/"


@dataclass(frozen=True, slots=True)
class Target:
    """The branch that is written to; no database is the default one."""

    database: str | None
    branch: str
    message: str


async def import_from(export: Catalogue, kernel: KernelHttp, to: Target, on_count: OnCount) -> int:
    """Write what an export has, new or in place of what is there; how many classes and documents there are.

    Every commit is checked like any other, and has a thousand documents at most, but where more refer to one another in
    circles: these go together. The commits before a refused one stay; the same import goes on after them.
    Errors: those of a write; `TooLarge` where a circle is more than a running kernel takes at once.
    """
    count = len(export.classes)
    if export.classes:
        await kernel.put_schema(export.classes, database=to.database, branch=to.branch, message=to.message)
        on_count("imported", count)
    for batch in _batches(export):
        await _write(export, batch, kernel, to)
        count += len(batch)
        on_count("imported", count)
    return count


async def _write(export: Catalogue, batch: list[int], kernel: KernelHttp, to: Target) -> None:
    documents = [export.document(number) for number in sorted(batch)]
    raw = [each for each in documents if _is_raw(each)]
    typed = [each for each in documents if not _is_raw(each)]
    try:
        if raw:
            await kernel.put_raw_json(raw, database=to.database, branch=to.branch, message=to.message)
        if typed:
            await kernel.put_document(typed, database=to.database, branch=to.branch, message=to.message)
    except TooLarge as error:
        if len(batch) <= _BATCH_DOCUMENTS:
            raise
        raise TooLarge(
            f"{len(batch)} documents refer to one another in circles, and are one commit. {error.detail} (LIMITS__… of "
            "the kernel); an import while no kernel runs has no such limit",
            field=error.field,
        ) from error


def _is_raw(document: Json) -> bool:
    """Whether a document has no class; nothing refers to it as a document of one."""
    return isinstance(document, dict) and "@type" not in document and str(document.get("@id")).startswith(_RAW_IDS)


def _batches(export: Catalogue) -> Iterator[list[int]]:
    """Documents by number, none in a batch before one that it refers to; a larger component is a batch of its own."""
    batch: list[int] = []
    size = 0
    for component in components(export.references()):
        more = sum(export.size_bytes(number) for number in component)
        if batch and (len(batch) + len(component) > _BATCH_DOCUMENTS or size + more > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch += component
        size += more
    if batch:
        yield batch
