"""Object types over the schema graph of a branch."""

from oms.application.ports import DatabaseForCall, SchemaAnnouncer
from oms.domain.class_documents import Class, from_classes, to_classes
from oms.domain.object_types import ObjectType
from shared.database.interfaces import ReadOptions, WriteOptions, WriteResult
from shared.errors import NotFound


class ObjectTypes:
    """Defines, shows and removes object types."""

    def __init__(self, database: DatabaseForCall, announcer: SchemaAnnouncer) -> None:
        self._database = database
        self._announcer = announcer

    async def define(self, object_type: ObjectType, options: WriteOptions) -> WriteResult:
        """Make a new type; AlreadyExists, ValidationFailed."""
        return await self._put(object_type, create=True, change="created", options=options)

    async def redefine(self, object_type: ObjectType, options: WriteOptions) -> WriteResult:
        """Replace a type and drop the enumerations that it no longer has; NotFound, ValidationFailed."""
        at: ReadOptions = {"branch": options.get("branch")}
        before = await self.get(object_type.name, at)
        result = await self._put(object_type, create=None, change="updated", options=options)
        unused = _class_names(before) - _class_names(object_type)
        if unused and not options.get("dry_run"):
            # A second commit, with a key of its own: as long as the class names them, its enumerations stay.
            key = options.get("idempotency_key")
            more: WriteOptions = {**options, "idempotency_key": f"{key}/2" if key else None, "expected_head": None}
            result = await self._database().delete_schema(sorted(unused), **more)
        return result

    async def remove(self, name: str, options: WriteOptions) -> WriteResult:
        """Delete a type that no object has; NotFound, ValidationFailed."""
        object_type = await self.get(name, {"branch": options.get("branch")})
        result = await self._database().delete_schema(sorted(_class_names(object_type)), **options)
        await self._announce(name, "deleted", result, options)
        return result

    async def get(self, name: str, at: ReadOptions) -> ObjectType:
        """One type; NotFound."""
        for object_type in await self.list(at):
            if object_type.name == name:
                return object_type
        raise NotFound(f"there is no object type {name!r}", field="name")

    async def list(self, at: ReadOptions) -> list[ObjectType]:
        """All types in order of name."""
        classes: list[Class] = [each for each in await self._database().get_schema(**at) if isinstance(each, dict)]
        return from_classes(classes)

    async def _put(
        self, object_type: ObjectType, *, create: bool | None, change: str, options: WriteOptions
    ) -> WriteResult:
        result = await self._database().put_schema(list(to_classes(object_type)), create=create, **options)
        await self._announce(object_type.name, change, result, options)
        return result

    async def _announce(self, name: str, change: str, result: WriteResult, options: WriteOptions) -> None:
        if not result.changed or options.get("dry_run"):
            return
        await self._announcer.schema_changed(
            {"objectType": name, "change": change, "branch": result.branch, "commit": result.commit}
        )


def _class_names(object_type: ObjectType) -> set[str]:
    return {str(each["@id"]) for each in to_classes(object_type)}
