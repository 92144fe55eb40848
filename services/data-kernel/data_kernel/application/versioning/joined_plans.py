"""Plans of what was joined, checked on the writer's state: what each side may do, both together may not."""

from dataclasses import dataclass

from data_kernel.application.document_plans import refused
from data_kernel.application.integrity import broken_references, references_left
from data_kernel.application.ports import Plan, Planner, WriterView
from data_kernel.application.raw_documents import RAW_TYPE
from data_kernel.application.remaining import Remaining
from data_kernel.application.revalidation import revalidate
from data_kernel.application.schemas import SchemaCache, schema_documents
from data_kernel.application.versioning.joining import Joined, Sides
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Change
from data_kernel.domain.schema import Schema, parse_schema
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

        The view must be that of our side. The planner raises `ValidationFailed` with every violation and both sides'
        commits.
        """

        def planner(view: WriterView) -> Plan:
            try:
                return Plan((), tuple(self._changes(view, joined)))
            except ValidationFailed as error:
                told = f"Ours ({sides.ours}) and theirs ({sides.theirs}) each hold, but not together. {error.detail}"
                raise ValidationFailed(told, violations=error.violations) from error

        return planner

    def _changes(self, view: WriterView, joined: Joined) -> list[Change]:
        old = self.schemas.load(self.database, view)
        new = self._schema(view, joined) if joined.classes else old
        rest = Remaining(view, frozenset(each.id for each in joined.documents))
        carried = revalidate(rest, old, new) if joined.classes else []
        return [*joined.classes, *carried, *_held(rest, new, joined.documents)]

    def _schema(self, view: WriterView, joined: Joined) -> Schema:
        documents = schema_documents(view)
        for change in joined.classes:
            documents.pop(change.id, None)
            if change.after is not None:
                documents[change.id] = decode(change.after)
        return parse_schema(documents, self.database.prefixes)


def unchecked(joined: Joined) -> Planner:
    """All changes as they are, for a state that is only compared with."""
    return lambda _: Plan((), (*joined.classes, *joined.documents))


def _held(rest: Remaining, schema: Schema, documents: tuple[Change, ...]) -> list[Change]:
    """The documents as the classes want them; `ValidationFailed` with all that is wrong."""
    raw = [each for each in documents if each.after is not None and _is_raw(each, schema)]
    gone = [each for each in documents if each.after is None]
    held = [
        (each, _elaborated(schema, each.after))
        for each in documents
        if each.after is not None and not _is_raw(each, schema)
    ]
    violations = [violation for _, each in held for violation in each.violations]
    violations += broken_references(rest, schema, [each for _, each in held])
    violations += references_left(rest, frozenset(each.id for each in gone))
    if violations:
        raise refused(violations)
    written = [_change(change, each) for change, each in held if each.body != change.before]
    return [*raw, *gone, *written]


def _elaborated(schema: Schema, body: bytes) -> Elaborated:
    document = decode(body)
    return elaborate(schema, document if isinstance(document, dict) else {})


def _change(change: Change, held: Elaborated) -> Change:
    return Change(change.graph, change.id, held.type, change.before, held.body, held.targets)


def _is_raw(change: Change, schema: Schema) -> bool:
    return change.type == RAW_TYPE and RAW_TYPE not in schema.classes
