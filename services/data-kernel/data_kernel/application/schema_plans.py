"""Changes to the schema graph, with what they mean for the documents that are there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from data_kernel.application.document_plans import refuse_by_presence, refuse_repeated, refused
from data_kernel.application.ports import Plan, WriterView
from data_kernel.application.put_mode import PutMode
from data_kernel.application.revalidation import revalidate
from data_kernel.application.schemas import SchemaCache
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Change, Graph, StoredDocument
from data_kernel.domain.prefixes import Prefixes
from data_kernel.domain.schema import CONTEXT_ID, parse_schema
from data_kernel.domain.schema.names import with_short_names
from shared.canonical import Json, decode, encode
from shared.errors import InvalidInput, NotFound, Violation


@dataclass(frozen=True, slots=True)
class SchemaPlans:
    """Plans for the schema graph of one state."""

    database: Database
    schemas: SchemaCache
    view: WriterView

    def put(self, classes: Sequence[Json], mode: PutMode, *, full: bool) -> Plan:
        """Write class documents; with `full` the others go."""
        before = self._before()
        prefixes = self._prefixes(classes)
        given = [_named(each, index, prefixes) for index, each in enumerate(classes)]
        refuse_repeated(name for name, _ in given)
        _refuse_unknown_prefixes(name for name, _ in given if name not in before and not prefixes.knows(name))
        for name, _ in given:
            if name != CONTEXT_ID and not full:
                refuse_by_presence(name, mode, present=name in before)
        kept = {name: each for name, each in before.items() if not full or name == CONTEXT_ID}
        after = {name: decode(each.body) for name, each in kept.items()} | dict(given)
        return self._plan([name for name, _ in given], before, after)

    def delete(self, names: Sequence[str]) -> Plan:
        """Delete classes and enums."""
        refuse_repeated(names)
        before = self._before()
        for name in names:
            if name == CONTEXT_ID:
                raise InvalidInput("The context of a schema is not deleted.", field="class_names")
            if name not in before:
                raise NotFound(f"There is no class {name}.", field="class_names")
        after = {name: decode(each.body) for name, each in before.items() if name not in names}
        return self._plan(names, before, after)

    def _prefixes(self, classes: Sequence[Json]) -> Prefixes:
        """Those of the context that is written along, else of the one that is there."""
        for each in classes:
            if isinstance(each, dict) and each.get("@type") == CONTEXT_ID:
                return Prefixes.read({**self.database.prefixes, **each})
        return self.schemas.load(self.database, self.view).prefixes

    def _before(self) -> dict[str, StoredDocument]:
        return {each.id: each for each in self.view.scan(Graph.SCHEMA)}

    def _plan(self, ids: Sequence[str], before: Mapping[str, StoredDocument], after: Mapping[str, Json]) -> Plan:
        schema = parse_schema(after, self.database.prefixes)
        changes = [
            change
            for name in sorted(before.keys() | after.keys())
            if (change := _change(name, before.get(name), after.get(name)))
        ]
        if changes:
            changes += revalidate(self.view, self.schemas.load(self.database, self.view), schema)
        return Plan(tuple(ids), tuple(changes))


def _refuse_unknown_prefixes(names: Iterable[str]) -> None:
    message = "The name begins with a prefix that the context has not."
    if violations := [Violation(f"{each}#/@id", "name", message) for each in names]:
        raise refused(violations)


def _named(document: Json, index: int, prefixes: Prefixes) -> tuple[str, Json]:
    """A class document with the name that it is stored under."""
    place = f"classes/{index}"
    if not isinstance(document, dict):
        raise InvalidInput(f"{place}: a class is a JSON object.", field=place)
    if document.get("@type") == CONTEXT_ID:
        return CONTEXT_ID, {member: value for member, value in document.items() if member != "@id"}
    name = document.get("@id")
    if not isinstance(name, str):
        raise InvalidInput(f"{place}/@id: a class has a name.", field=f"{place}/@id")
    return prefixes.short_name(name), with_short_names(document, prefixes.short_name)


def _change(name: str, before: StoredDocument | None, after: Json) -> Change | None:
    body = encode(after) if isinstance(after, dict) else None
    stored = before.body if before is not None else None
    if body == stored:
        return None
    kind = before.type if before is not None else ""
    return Change(Graph.SCHEMA, name, str(after["@type"]) if isinstance(after, dict) else kind, stored, body)
