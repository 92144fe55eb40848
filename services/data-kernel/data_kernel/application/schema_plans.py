"""Changes to the schema graph, with what they mean for the documents that are there."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from data_kernel.application.document_plans import refuse_by_presence, refuse_repeated, refused
from data_kernel.application.migrating import DocumentMigration
from data_kernel.application.ports import Plan, WriterView
from data_kernel.application.put_mode import PutMode
from data_kernel.application.revalidation import revalidate
from data_kernel.application.schemas import SchemaCache
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Change, Graph, StoredDocument
from data_kernel.domain.migration import Migration, read_operations
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

    def put(self, classes: Sequence[Json], mode: PutMode, *, full: bool, operations: Json = None) -> Plan:
        """Write class documents; with `full` the others go.

        With `operations` these are run before, and say what becomes of the documents that are stored.
        """
        before = self._before()
        migration = self._migration(operations, before) if operations is not None else None
        kept = migration.classes if migration is not None else _decoded(before)
        given = self._named(classes, known=kept.keys())
        for name, _ in given:
            if name != CONTEXT_ID and not full:
                refuse_by_presence(name, mode, present=name in kept)
        if full:
            kept = {name: each for name, each in kept.items() if name == CONTEXT_ID}
        changes, _ = self._changes(before, {**kept, **dict(given)}, migration)
        return Plan(tuple(name for name, _ in given), changes)

    def migrate(self, operations: Json) -> Plan:
        """Run the operations of a migration; the plan's ids are the documents', once for each change of one."""
        before = self._before()
        migration = self._migration(operations, before)
        changes, rewritten = self._changes(before, migration.classes, migration)
        return Plan(rewritten, changes)

    def delete(self, names: Sequence[str]) -> Plan:
        """Delete classes and enums."""
        refuse_repeated(names)
        before = self._before()
        for name in names:
            if name == CONTEXT_ID:
                raise InvalidInput("The context of a schema is not deleted.", field="class_names")
            if name not in before:
                raise NotFound(f"There is no class {name}.", field="class_names")
        after = {name: each for name, each in _decoded(before).items() if name not in names}
        changes, _ = self._changes(before, after, None)
        return Plan(tuple(names), changes)

    def _named(self, classes: Sequence[Json], known: AbstractSet[str]) -> list[tuple[str, Json]]:
        """Class documents with the names that they are stored under."""
        prefixes = self._prefixes(classes)
        given = [_named(each, index, prefixes) for index, each in enumerate(classes)]
        refuse_repeated(name for name, _ in given)
        _refuse_unknown_prefixes(name for name, _ in given if name not in known and not prefixes.knows(name))
        return given

    def _migration(self, operations: Json, before: Mapping[str, StoredDocument]) -> Migration:
        short = self.schemas.load(self.database, self.view).prefixes.short_name
        return Migration.of(read_operations(operations, short), _decoded(before))

    def _prefixes(self, classes: Sequence[Json]) -> Prefixes:
        """Those of the context that is written along, else of the one that is there."""
        for each in classes:
            if isinstance(each, dict) and each.get("@type") == CONTEXT_ID:
                return Prefixes.read(each, self.database.prefixes)
        return self.schemas.load(self.database, self.view).prefixes

    def _before(self) -> dict[str, StoredDocument]:
        return {each.id: each for each in self.view.scan(Graph.SCHEMA)}

    def _changes(
        self, before: Mapping[str, StoredDocument], after: Mapping[str, Json], migration: Migration | None
    ) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        """The changes of classes and documents, and the ids of the documents that operations changed."""
        new = parse_schema(after, self.database.prefixes)
        names = sorted(before.keys() | after.keys())
        found = (_change(name, before.get(name), after.get(name)) for name in names)
        changes = tuple(each for each in found if each is not None)
        old = self.schemas.load(self.database, self.view)
        if migration is not None:
            documents, rewritten = DocumentMigration(self.view, old, new, migration, after).run()
            return (*changes, *documents), rewritten
        return (*changes, *(revalidate(self.view, old, new) if changes else ())), ()


def _decoded(stored: Mapping[str, StoredDocument]) -> dict[str, dict[str, Json]]:
    bodies = ((name, decode(each.body)) for name, each in stored.items())
    return {name: body for name, body in bodies if isinstance(body, dict)}


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
