"""Link types over the schema graph of a branch."""

from collections.abc import Callable

from oms.application.ports import DatabaseForCall, SchemaAnnouncer
from oms.application.schema_edits import Ontology, on_head, read_ontology
from oms.domain.class_documents import to_classes
from oms.domain.link_types import LinkType, why_unfit
from shared.database.interfaces import DocumentDatabase, ReadOptions, WriteOptions, WriteResult
from shared.errors import AlreadyExists, InvalidInput

Others = Callable[[Ontology], list[LinkType]]
"""The links that shall begin at the link's source, from those that do."""


class LinkTypes:
    """Defines, shows and removes link types; each change is one commit on the source's class."""

    def __init__(self, database: DatabaseForCall, announcer: SchemaAnnouncer) -> None:
        self._database = database
        self._announcer = announcer

    async def define(self, link: LinkType, options: WriteOptions) -> WriteResult:
        """Make a new link type.

        AlreadyExists, NotFound (source), InvalidInput (target, names), ValidationFailed. With an idempotency key, the
        same definition again is no error and changes nothing.
        """
        repeated = bool(options.get("idempotency_key"))

        def with_it(ontology: Ontology) -> list[LinkType]:
            known = [each for each in ontology.links if each.name == link.name]
            if known and not (repeated and known == [link]):
                raise AlreadyExists(f"there is a link type {link.name!r}", field="/name")
            return _with(ontology, link)

        return await self._edit(link, with_it, options)

    async def redefine(self, link: LinkType, options: WriteOptions) -> WriteResult:
        """Put another definition in the place of one that exists; the source stays. NotFound, ValidationFailed."""

        def with_it(ontology: Ontology) -> list[LinkType]:
            if ontology.link(link.name).source_type != link.source_type:
                raise InvalidInput("sourceType: a link type stays where it begins", field="/sourceType")
            return _with(ontology, link)

        return await self._edit(link, with_it, options)

    async def remove(self, name: str, options: WriteOptions) -> WriteResult:
        """Delete a link type that no object uses; NotFound, ValidationFailed."""

        async def edit(database: DocumentDatabase, head: str, bound: WriteOptions) -> tuple[LinkType, WriteResult]:
            ontology = await read_ontology(database, {"rev": head})
            link = ontology.link(name)
            left = [each for each in ontology.links_from(link.source_type) if each.name != name]
            return link, await _put(database, ontology, link.source_type, left, bound)

        link, result = await on_head(self._database, options, edit)
        await self._announce(link.source_type, result, options)
        return result

    async def get(self, name: str, at: ReadOptions) -> LinkType:
        """One link type; NotFound."""
        return (await read_ontology(self._database(), at)).link(name)

    async def list(self, at: ReadOptions) -> list[LinkType]:
        """All link types in order of name."""
        return list((await read_ontology(self._database(), at)).links)

    async def _edit(self, link: LinkType, links_of: Others, options: WriteOptions) -> WriteResult:
        async def edit(database: DocumentDatabase, head: str, bound: WriteOptions) -> WriteResult:
            ontology = await read_ontology(database, {"rev": head})
            ontology.object_type(link.source_type)
            links = links_of(ontology)
            others = [each for each in ontology.links if each.name != link.name]
            if why := why_unfit(link, others, ontology.types):
                raise InvalidInput(why, field=f"/{why.partition(':')[0]}")
            return await _put(database, ontology, link.source_type, links, bound)

        result = await on_head(self._database, options, edit)
        await self._announce(link.source_type, result, options)
        return result

    async def _announce(self, type_name: str, result: WriteResult, options: WriteOptions) -> None:
        if result.changed and not options.get("dry_run"):
            change = {"objectType": type_name, "change": "updated", "branch": result.branch, "commit": result.commit}
            await self._announcer.schema_changed(change)


def _with(ontology: Ontology, link: LinkType) -> list[LinkType]:
    others = [each for each in ontology.links_from(link.source_type) if each.name != link.name]
    return sorted([*others, link], key=lambda each: each.name)


async def _put(
    database: DocumentDatabase, ontology: Ontology, source: str, links: list[LinkType], options: WriteOptions
) -> WriteResult:
    object_type = ontology.object_type(source)
    *_, document = to_classes(object_type, links)
    return await database.put_schema([document], create=False, **options)
