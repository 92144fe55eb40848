"""Links between objects: values of the reference properties that link types stand for."""

from collections.abc import Callable
from dataclasses import dataclass

from oms.application.objects import object_id
from oms.application.ports import DatabaseForCall
from oms.application.schema_edits import on_head, read_ontology, text_list
from oms.domain.link_types import Cardinality, LinkType
from shared.canonical import Json
from shared.database.interfaces import DocumentDatabase, ReadOptions, WriteOptions, WriteResult
from shared.errors import NotFound, Unsupported

Change = Callable[[LinkType, list[str]], Json]
"""The property's new value, from what it holds now."""


@dataclass(frozen=True, slots=True)
class LinkPage:
    """Ids of linked objects in order; `next_page_token` is empty on the last page."""

    targets: tuple[str, ...]
    next_page_token: str


class Links:
    """Connects and disconnects objects; the store holds every link to its type and its target."""

    def __init__(self, database: DatabaseForCall) -> None:
        self._database = database

    async def connect(
        self, type_name: str, key: str, link_name: str, target: str, options: WriteOptions
    ) -> WriteResult:
        """Let the object link to the target; one that does already stays as it is.

        A link of cardinality one moves to the new target. NotFound, ValidationFailed where there is no such target.
        """

        def linked(link: LinkType, targets: list[str]) -> Json:
            wanted = object_id(link.target_type, target)
            return [*sorted({*targets, wanted})] if link.cardinality is Cardinality.MANY else wanted

        return await self._change(type_name, key, link_name, linked, options)

    async def disconnect(
        self, type_name: str, key: str, link_name: str, target: str, options: WriteOptions
    ) -> WriteResult:
        """Let the object no longer link to the target; one that does not stays as it is. NotFound, ValidationFailed."""

        def unlinked(link: LinkType, targets: list[str]) -> Json:
            going = object_id(link.target_type, target)
            left = [each for each in targets if each != going]
            return [*left] if link.cardinality is Cardinality.MANY else next(iter(left), None)

        return await self._change(type_name, key, link_name, unlinked, options)

    async def page(
        self, type_name: str, key: str, link_name: str, page_size: int, page_token: str, at: ReadOptions
    ) -> LinkPage:
        """One page of the objects that this one links to. NotFound (object, link), Unsupported for an inverse."""
        database = self._database()
        await _link(database, type_name, link_name, at)
        document = await database.get_document(object_id(type_name, key), **at)
        targets = sorted(_targets(document, link_name), key=str.encode)
        rest = [each for each in targets if each.encode() > page_token.encode()]
        page = rest[:page_size]
        return LinkPage(tuple(page), page[-1] if len(rest) > page_size else "")

    async def _change(
        self, type_name: str, key: str, link_name: str, change: Change, options: WriteOptions
    ) -> WriteResult:
        source = object_id(type_name, key)

        async def edit(database: DocumentDatabase, head: str, bound: WriteOptions) -> WriteResult:
            link = await _link(database, type_name, link_name, {"rev": head})
            document = await database.get_document(source, rev=head)
            value = change(link, _targets(document, link_name))
            return await database.patch_document(source, {link_name: value}, **bound)

        return await on_head(self._database, options, edit)


async def _link(database: DocumentDatabase, type_name: str, link_name: str, at: ReadOptions) -> LinkType:
    ontology = await read_ontology(database, at)
    for each in ontology.links_from(type_name):
        if each.name == link_name:
            return each
    if any(each.inverse == link_name and each.target_type == type_name for each in ontology.links):
        raise Unsupported(f"{link_name} is an inverse: the link is kept, shown and changed at its source", field="link")
    raise NotFound(f"objects of {type_name} have no link {link_name!r}", field="link")


def _targets(document: Json, link_name: str) -> list[str]:
    return text_list(document.get(link_name)) if isinstance(document, dict) else []
