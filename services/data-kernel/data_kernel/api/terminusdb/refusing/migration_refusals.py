"""What refused a migration, told as TerminusDB tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_kernel.api.terminusdb.documents.writing import Write
from data_kernel.api.terminusdb.refusing.refusals import Refusal
from data_kernel.api.terminusdb.refusing.schema_explanations import SchemaExplanation
from data_kernel.application.addressing import NamedRevision
from data_kernel.domain.migration import Migration, read_operations
from data_kernel.domain.prefixes import Prefixes
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import Json, decode, encode
from shared.context import current
from shared.errors import OmsError, ValidationFailed, Violation

_Classes = Mapping[str, dict[str, Json]]


async def stored_classes(write: Write, revision: NamedRevision) -> dict[str, dict[str, Json]]:
    """The documents of the schema graph by name, the context first."""
    graph = await write.kernel.reads.schema(write.resource.database, revision, current())
    bodies = ((each.id, decode(each.body)) for each in graph.classes)
    return {name: body for name, body in bodies if isinstance(body, dict)}


@dataclass(frozen=True, slots=True)
class MigrationExplanation:
    """Knows the operations of a migration that was refused."""

    write: Write
    operations: Sequence[Json]

    async def of(self, error: ValidationFailed) -> OmsError:
        """The refusal that stands for the error."""
        first, classes = error.violations[0], await self._classes()
        subject, _, place = first.path.partition("/")
        if subject == "operations":
            return self._of_operation(error, first.rule, int(place), classes)
        if first.rule == "cast":
            return self._of_cast(error, first, classes)
        return await self._of_classes(error, classes)

    def _of_operation(self, error: ValidationFailed, rule: str, index: int, classes: _Classes) -> Refusal:
        given = self.operations[index]
        if rule == "unknown_operation":
            return Refusal(error, kind="api:UnknownSchemaMigrationOperation", members={"api:operation": given})
        if rule == "not_weaker" and isinstance(given, dict):
            told: dict[str, Json] = {"api:class": given["class"], "api:property": given["property"]}
            return Refusal(error, kind="api:UpcastNotASchemaWeakening", members=told | {"api:new_type": given["type"]})
        before = self._after(index, classes)
        shown: dict[str, Json] = {name: each for name, each in before.items() if name != CONTEXT_ID}
        told = {"api:schema": {"@context": {**before[CONTEXT_ID], "@type": "Context"}, **shown}}
        told["api:schema_operation"] = encode(given).decode()
        return Refusal(error, kind="api:SchemaOperationFailed", members=told)

    def _of_cast(self, error: ValidationFailed, first: Violation, classes: _Classes) -> Refusal:
        member = first.path.rpartition("/")[2]
        given = (each for each in self.operations if isinstance(each, dict) and each.get("property") == member)
        cast = next((each for each in given if each.get("@type") == "CastClassProperty"), {})
        name = str(cast.get("class", ""))
        told: dict[str, Json] = {"api:class": name, "api:property": member, "api:new_type": cast.get("type")}
        told["api:old_type"] = classes.get(name, {}).get(member)
        return Refusal(error, kind="api:MigrationCastFailure", members=told)

    async def _of_classes(self, error: ValidationFailed, classes: _Classes) -> OmsError:
        """Classes that do not hold together afterwards, or that documents break."""
        after = [*self._after(len(self.operations), classes).values()]
        told = await SchemaExplanation(self.write.kernel, self.write.resource, after).of(error)
        if not isinstance(told, Refusal) or "api:witnesses" not in told.members:
            return told or error
        beside = {"system:witnesses": told.members["api:witnesses"]}
        return Refusal(error, kind="", text=told.text, beside=beside, is_typed=False)

    def _after(self, count: int, classes: _Classes) -> _Classes:
        """The classes after so many of the operations."""
        short = Prefixes.read(classes[CONTEXT_ID]).short_name
        return Migration.of(read_operations([*self.operations[:count]], short), classes).classes

    async def _classes(self) -> _Classes:
        return await stored_classes(self.write, self.write.resource.revision(current()))
