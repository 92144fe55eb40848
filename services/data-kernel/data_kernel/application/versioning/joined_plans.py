"""Plans of what was joined, checked on the writer's state: what each side may do, both together may not."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_kernel.application.document_plans import refused
from data_kernel.application.integrity import broken_references, references_left
from data_kernel.application.ports import Plan, Planner, WriterView
from data_kernel.application.remaining import Remaining
from data_kernel.application.revalidation import revalidate
from data_kernel.application.schemas import SchemaCache, schema_documents
from data_kernel.application.versioning.joining import Joined, Sides, UnionRefused
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Change
from data_kernel.domain.schema import Schema, parse_schema
from data_kernel.domain.schema.model import RAW_CLASS
from data_kernel.domain.validation import Elaborated, elaborate
from shared.canonical import decode
from shared.errors import ValidationFailed


@dataclass(frozen=True, slots=True)
class JoinedPlans:
    """Planners for the database's commits that are joined from several."""

    database: Database
    schemas: SchemaCache

    def checked(self, joined: Joined, sides: Sides) -> Planner:
        """All changes, held to the classes of both sides, and every reference to what there will be.

        The view must be that of our side. The planner raises `UnionRefused` with every violation.
        """

        def planner(view: WriterView) -> Plan:
            try:
                return Plan((), tuple(self._changes(view, joined)))
            except ValidationFailed as error:
                raise UnionRefused(sides, error) from error

        return planner

    def _changes(self, view: WriterView, joined: Joined) -> list[Change]:
        old = self.schemas.load(self.database, view)
        new = self._schema(view, joined) if joined.classes else old
        carried = revalidate(_rest(view, joined.documents), old, new) if joined.classes else []
        return [*joined.classes, *carried, *held(view, new, joined.documents)]

    def _schema(self, view: WriterView, joined: Joined) -> Schema:
        documents = schema_documents(view)
        for change in joined.classes:
            documents.pop(change.id, None)
            if change.after is not None:
                documents[change.id] = decode(change.after)
        return parse_schema(documents, self.database.prefixes)


def held(view: WriterView, schema: Schema, documents: Sequence[Change]) -> list[Change]:
    """Changes of documents as the classes want them, with their references; those that change nothing are left out.

    `ValidationFailed` with all that is wrong in them, and with what stays and refers to what goes.
    """
    rest = _rest(view, documents)
    raw = [each for each in documents if each.after is not None and _is_raw(each, schema)]
    gone = [each for each in documents if each.after is None]
    written = [
        (each, _elaborated(schema, each.after))
        for each in documents
        if each.after is not None and not _is_raw(each, schema)
    ]
    violations = [violation for _, each in written for violation in each.violations]
    violations += broken_references(rest, schema, [each for _, each in written])
    violations += references_left(rest, frozenset(each.id for each in gone))
    if violations:
        raise refused(violations)
    changed = [_change(change, each) for change, each in written if each.body != change.before]
    return [*raw, *gone, *changed]


def unchecked(joined: Joined) -> Planner:
    """All changes as they are, for a state that is only compared with."""
    return lambda _: Plan((), (*joined.classes, *joined.documents))


def _rest(view: WriterView, written: Sequence[Change]) -> Remaining:
    return Remaining(view, frozenset(each.id for each in written))


def _elaborated(schema: Schema, body: bytes) -> Elaborated:
    document = decode(body)
    return elaborate(schema, document if isinstance(document, dict) else {}, is_stored=True)


def _change(change: Change, held: Elaborated) -> Change:
    return Change(change.graph, change.id, held.type, change.before, held.body, held.targets)


def _is_raw(change: Change, schema: Schema) -> bool:
    return change.type == RAW_CLASS and RAW_CLASS not in schema.classes
