"""Changes to the schema graph that build on what stands there."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from oms.application.ports import DatabaseForCall
from oms.domain.class_documents import Class, from_classes, links_from_classes
from oms.domain.link_types import LinkType
from oms.domain.object_types import ObjectType
from shared.canonical import Json
from shared.database.interfaces import DocumentDatabase, ReadOptions, WriteOptions
from shared.errors import Conflict, NotFound, Reason

_ATTEMPTS = 10
_PAUSE_S = 0.02
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Ontology:
    """The object types and link types of one state, both in order of name."""

    types: tuple[ObjectType, ...]
    links: tuple[LinkType, ...]

    def object_type(self, name: str) -> ObjectType:
        """One type; NotFound."""
        for each in self.types:
            if each.name == name:
                return each
        raise NotFound(f"there is no object type {name!r}", field="name")

    def link(self, name: str) -> LinkType:
        """One link type; NotFound."""
        for each in self.links:
            if each.name == name:
                return each
        raise NotFound(f"there is no link type {name!r}", field="name")

    def links_from(self, type_name: str) -> list[LinkType]:
        """The links that begin at that type."""
        return [each for each in self.links if each.source_type == type_name]


async def read_ontology(database: DocumentDatabase, at: ReadOptions) -> Ontology:
    """The ontology of one state."""
    return ontology_of([each for each in await database.get_schema(**at) if isinstance(each, dict)])


def ontology_of(classes: list[Class]) -> Ontology:
    """The ontology that class documents describe."""
    return Ontology(tuple(from_classes(classes)), tuple(links_from_classes(classes)))


async def on_head(
    database_for_call: DatabaseForCall,
    options: WriteOptions,
    edit: Callable[[DocumentDatabase, str, WriteOptions], Awaitable[_Answer]],
) -> _Answer:
    """What `edit` makes of the branch's head, which it must expect when it writes; again where the branch moved.

    An idempotency key is bound to the head: a repetition on another head finds what it wants done already.
    """
    for attempt in range(_ATTEMPTS):
        database = database_for_call()
        head = await _head(database, options.get("branch"))
        key = options.get("idempotency_key")
        bound: WriteOptions = {
            **options,
            "expected_head": head,
            "idempotency_key": f"{key[:180]}@{head}" if key else None,
        }
        try:
            return await edit(database, head, bound)
        except Conflict as error:
            if error.reason is not Reason.STALE_HEAD or attempt == _ATTEMPTS - 1:
                raise
        await asyncio.sleep(random.uniform(0, _PAUSE_S * (attempt + 1)))  # noqa: S311 - spreads the attempts
    raise AssertionError("the last attempt returns or raises")


async def _head(database: DocumentDatabase, branch: str | None) -> str:
    commits = await database.log(count=1, branch=branch)
    if not commits:
        raise NotFound("the branch has no commit yet", field="branch")
    return commits[0].id


def text_list(value: Json) -> list[str]:
    """The texts of a property that has one, several or none."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [str(each) for each in values]
