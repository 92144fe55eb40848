"""The difference between two listings, for stores that have none to offer."""

from collections.abc import AsyncIterator

from shared.canonical import Json, encode
from shared.database.interfaces import ChangeKind, DocumentChange


async def compare(before: AsyncIterator[Json], after: AsyncIterator[Json]) -> list[DocumentChange]:
    """What leads from one state to the other, in order of id bytes; the earlier state is kept in memory meanwhile."""
    old = {document_id_of(document): document async for document in before}
    changes: list[DocumentChange] = []
    async for document in after:
        previous = old.pop(document_id_of(document), None)
        if previous is None:
            changes.append(_change(ChangeKind.CREATED, document, None, document))
        elif encode(previous) != encode(document):
            changes.append(_change(ChangeKind.UPDATED, document, previous, document))
    changes += [_change(ChangeKind.DELETED, document, document, None) for document in old.values()]
    return sorted(changes, key=lambda change: change.id.encode())


def document_id_of(document: Json) -> str:
    """The document's `@id`."""
    return _text(document, "@id")


def _change(kind: ChangeKind, document: Json, before: Json, after: Json) -> DocumentChange:
    return DocumentChange(document_id_of(document), _text(document, "@type"), kind, before, after)


def _text(document: Json, name: str) -> str:
    return str(document.get(name, "")) if isinstance(document, dict) else ""
