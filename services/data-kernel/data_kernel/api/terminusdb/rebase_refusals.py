"""What stopped a rebase, told as TerminusDB tells it: the commit that could not be made again, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from data_kernel.api.terminusdb.identities import Subject
from data_kernel.api.terminusdb.prefixes import Prefixes, prefixes_of
from data_kernel.api.terminusdb.refusals import Refusal
from data_kernel.api.terminusdb.resources import Resource
from data_kernel.api.terminusdb.witnesses import schema_check_failure
from data_kernel.api.terminusdb.written import Written, place_of, value_at
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.application.versioning.joining import SidesContradict, UnionRefused
from data_kernel.domain.schema import Property, RangeKind, parse_schema
from shared.canonical import Json, decode
from shared.context import current
from shared.errors import Violation


async def rebase_failure(kernel: Kernel, resource: Resource, error: SidesContradict | UnionRefused) -> Refusal:
    """The refusal that names the commit, with a witness for each contradiction or violation."""
    telling = await _Telling.of(kernel, resource, error)
    return Refusal(
        error,
        kind="api:RebaseSchemaValidationError",
        members={"api:their_commit": error.sides.theirs, "api:witness": telling.witnesses(error)},
        text=f'Rebase failed on commit "{error.sides.theirs}" due to schema validation errors',
    )


@dataclass(frozen=True, slots=True)
class _Telling:
    """What the documents are on both sides, by the classes of theirs."""

    prefixes: Prefixes
    written: Written
    ours: Mapping[str, Json]

    @classmethod
    async def of(cls, kernel: Kernel, resource: Resource, error: SidesContradict | UnionRefused) -> "_Telling":
        context, database = current(), resource.database
        ours, theirs = (NamedRevision(commit=each or "") for each in (error.sides.ours, error.sides.theirs))
        ids = sorted({place_of(each)[0] for each in error.violations})
        prefixes = await prefixes_of(kernel, database, theirs, context)
        graph = await kernel.reads.schema(database, theirs, context)
        schema = parse_schema({each.id: decode(each.body) for each in graph.classes})
        subjects, others = [
            [Subject(each.id, decode(each.body)) for each in found.documents if each is not None]
            for found in [await kernel.reads.get(database, side, ids, context) for side in (theirs, ours)]
        ]
        return cls(prefixes, Written(schema, subjects), {each.id: each.document for each in others})

    def witnesses(self, error: SidesContradict | UnionRefused) -> Json:
        if isinstance(error, SidesContradict):
            return [self._contradiction(each) for each in error.violations]
        told = schema_check_failure(error, self.prefixes, self.written).members.get("api:witnesses")
        plain = told if isinstance(told, list) else []
        return [
            self._missing(violation) or witness for violation, witness in zip(error.violations, plain, strict=False)
        ]

    def _contradiction(self, violation: Violation) -> Json:
        """A place that both sides edited: where TerminusDB sees anything, it sees two values there."""
        subject, names = place_of(violation)
        witness: dict[str, Json] = {
            "@type": "instance_has_wrong_cardinality",
            "instance": self.prefixes.full_id(subject),
            "cardinality": 2,
        }
        each = self._property(violation)
        if each is None:
            return witness
        values = [value_at(document, names) for document in (self.ours.get(subject), self.written.document(subject))]
        predicate, class_name = self.prefixes.full_name(each.name), self.prefixes.full_name(each.range.name)
        return witness | {"class": class_name, "object_list": values, "predicate": predicate}

    def _missing(self, violation: Violation) -> Json:
        """A document that is referred to and is gone; `None` for any other violation."""
        each = self._property(violation)
        if violation.rule != "reference" or each is None or each.range.kind is not RangeKind.CLASS:
            return None
        subject, names = place_of(violation)
        target = value_at(self.written.document(subject), names)
        full = self.prefixes.full_name(each.range.name), self.prefixes.full_id(str(target))
        return {"@type": "instance_not_of_class", "class": full[0], "instance": full[1]}

    def _property(self, violation: Violation) -> Property | None:
        subject, names = place_of(violation)
        definition = self.written.definition(self.written.document(subject))
        return definition.properties.get(names[0]) if definition is not None and names else None
