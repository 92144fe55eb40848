"""The methods by collection, once for all clients: a collection is a document type."""

from collections.abc import Sequence
from typing import Protocol, Unpack

from shared.canonical import Json
from shared.database.interfaces import ReadOptions, WriteOptions, WriteResult
from shared.errors import InvalidInput


class _ByDatabase(Protocol):
    async def get_document(self, document_id: str, **at: Unpack[ReadOptions]) -> Json: ...

    async def put_document(
        self, document: Json, *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult: ...

    async def delete_document(
        self, document_id: str | Sequence[str], **options: Unpack[WriteOptions]
    ) -> WriteResult: ...


class CollectionMethods:
    """`create`, `read`, `update` and `delete` of `DocumentDatabase` over its methods by database."""

    async def create(self: _ByDatabase, collection: str, document: Json) -> str:
        """As `DocumentDatabase.create`."""
        result = await self.put_document(_typed(collection, document), create=True)
        return result.ids[0]

    async def read(self: _ByDatabase, collection: str, document_id: str) -> Json:
        """As `DocumentDatabase.read`."""
        return await self.get_document(full_id(collection, document_id))

    async def update(self: _ByDatabase, collection: str, document_id: str, document: Json) -> bool:
        """As `DocumentDatabase.update`."""
        wanted = full_id(collection, document_id)
        typed = _typed(collection, document)
        if typed.setdefault("@id", wanted) != wanted:
            raise InvalidInput("@id differs from the id of the document to update", field="@id")
        result = await self.put_document(typed, create=False)
        return result.changed

    async def delete(self: _ByDatabase, collection: str, document_id: str) -> bool:
        """As `DocumentDatabase.delete`."""
        result = await self.delete_document(full_id(collection, document_id))
        return result.changed


def full_id(collection: str, document_id: str) -> str:
    """`Type/key` of an id that is given with or without its type."""
    return document_id if document_id.startswith(f"{collection}/") else f"{collection}/{document_id}"


def _typed(collection: str, document: Json) -> dict[str, Json]:
    if not isinstance(document, dict):
        raise InvalidInput("a document is a JSON object", field="document")
    if document.get("@type", collection) != collection:
        raise InvalidInput("@type differs from the collection", field="@type")
    return {"@type": collection, **document}
