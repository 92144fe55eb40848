"""Object types over the schema graph of a branch."""

from oms.application.ports import DatabaseForCall, SchemaAnnouncer
from oms.application.schema_edits import Ontology, on_head, read_ontology
from oms.domain.class_documents import to_classes
from oms.domain.link_types import LinkType
from oms.domain.object_types import ObjectType
from shared.database.interfaces import DocumentDatabase, ReadOptions, WriteOptions, WriteResult
from shared.errors import InvalidInput


class ObjectTypes:
    """Defines, shows and removes object types."""

    def __init__(self, database: DatabaseForCall, announcer: SchemaAnnouncer) -> None:
        self._database = database
        self._announcer = announcer

    async def define(self, object_type: ObjectType, options: WriteOptions) -> WriteResult:
        """Make a new type; AlreadyExists, ValidationFailed."""
        result = await self._database().put_schema(list(to_classes(object_type)), create=True, **options)
        await self._announce(object_type.name, "created", result, options)
        return result

    async def redefine(self, object_type: ObjectType, options: WriteOptions) -> WriteResult:
        """Replace a type, keeping its links, and drop the enumerations that it no longer has.

        NotFound, ValidationFailed; InvalidInput where a property has the name of one of its links.
        """

        async def edit(database: DocumentDatabase, head: str, bound: WriteOptions) -> WriteResult:
            ontology = await read_ontology(database, {"rev": head})
            before = ontology.object_type(object_type.name)
            _refuse_names_of_links(object_type, ontology)
            classes = list(to_classes(object_type, ontology.links_from(object_type.name)))
            result = await database.put_schema(classes, create=None, **bound)
            unused = _class_names(before) - _class_names(object_type)
            if unused and not options.get("dry_run"):
                # A second commit, with a key of its own: as long as the class names them, its enumerations stay.
                key = bound.get("idempotency_key")
                more: WriteOptions = {**bound, "idempotency_key": f"{key}/2" if key else None, "expected_head": None}
                result = await database.delete_schema(sorted(unused), **more)
            return result

        result = await on_head(self._database, options, edit)
        await self._announce(object_type.name, "updated", result, options)
        return result

    async def remove(self, name: str, options: WriteOptions) -> WriteResult:
        """Delete a type that no object has, with the links that begin there; NotFound, ValidationFailed."""
        object_type = await self.get(name, {"branch": options.get("branch")})
        result = await self._database().delete_schema(sorted(_class_names(object_type)), **options)
        await self._announce(name, "deleted", result, options)
        return result

    async def get(self, name: str, at: ReadOptions) -> ObjectType:
        """One type; NotFound."""
        return (await read_ontology(self._database(), at)).object_type(name)

    async def list(self, at: ReadOptions) -> list[ObjectType]:
        """All types in order of name."""
        return list((await read_ontology(self._database(), at)).types)

    async def _announce(self, name: str, change: str, result: WriteResult, options: WriteOptions) -> None:
        if not result.changed or options.get("dry_run"):
            return
        await self._announcer.schema_changed(
            {"objectType": name, "change": change, "branch": result.branch, "commit": result.commit}
        )


def _class_names(object_type: ObjectType) -> set[str]:
    return {str(each["@id"]) for each in to_classes(object_type)}


def _refuse_names_of_links(object_type: ObjectType, ontology: Ontology) -> None:
    def leads_from(link: LinkType) -> set[str | None]:
        outward = {link.name} if link.source_type == object_type.name else set()
        return outward | ({link.inverse} if link.target_type == object_type.name else set())

    taken = {name for link in ontology.links for name in leads_from(link)}
    for each in object_type.properties:
        if each.name in taken:
            raise InvalidInput(f"properties: {each.name} is the name of a link", field="/properties")
