"""Objects: the documents of an object type."""

from oms.application.object_types import ObjectTypes
from oms.application.ports import DatabaseForCall
from shared.canonical import Json
from shared.database.interfaces import Page, ReadOptions, WriteOptions, WriteResult
from shared.errors import InvalidInput


class Objects:
    """Creates, shows, changes and deletes objects; the store holds them to their type."""

    def __init__(self, database: DatabaseForCall, object_types: ObjectTypes) -> None:
        self._database = database
        self._object_types = object_types

    async def create(self, type_name: str, body: Json, options: WriteOptions) -> WriteResult:
        """Make an object; AlreadyExists, ValidationFailed."""
        return await self._database().put_document(_typed(type_name, body), create=True, **options)

    async def get(self, type_name: str, key: str, at: ReadOptions) -> Json:
        """One object; NotFound."""
        return await self._database().get_document(object_id(type_name, key), **at)

    async def page(self, type_name: str, page_size: int, page_token: str, at: ReadOptions) -> Page:
        """One page of a type's objects in order of id; NotFound where there is no such type."""
        page = await self._database().page_documents(type_name, page_size=page_size, page_token=page_token, **at)
        if not page.documents and not page_token:
            await self._object_types.get(type_name, at)
        return page

    async def replace(self, type_name: str, key: str, body: Json, options: WriteOptions) -> WriteResult:
        """Put another object in the place of one that exists; NotFound, ValidationFailed."""
        document = _typed(type_name, body)
        own_id = object_id(type_name, key)
        if document.setdefault("@id", own_id) != own_id:
            raise InvalidInput("the body's @id is not the one in the address", field="/@id")
        return await self._database().put_document(document, create=False, **options)

    async def patch(self, type_name: str, key: str, patch: Json, options: WriteOptions) -> WriteResult:
        """Change an object by a merge patch (RFC 7396); NotFound, ValidationFailed."""
        if not isinstance(patch, dict):
            raise InvalidInput("a merge patch is an object", field="body")
        return await self._database().patch_document(object_id(type_name, key), patch, **options)

    async def delete(self, type_name: str, key: str, options: WriteOptions) -> WriteResult:
        """Delete an object that no other refers to; NotFound, ValidationFailed."""
        return await self._database().delete_document(object_id(type_name, key), **options)


def object_id(type_name: str, key: str) -> str:
    """The document's id, from a key with or without the type before it."""
    return key if key.startswith(f"{type_name}/") else f"{type_name}/{key}"


def _typed(type_name: str, body: Json) -> dict[str, Json]:
    if not isinstance(body, dict):
        raise InvalidInput("an object is a JSON object", field="body")
    if body.get("@type", type_name) != type_name:
        raise InvalidInput("the body's @type is not the one in the address", field="/@type")
    return {**body, "@type": type_name}
