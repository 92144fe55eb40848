"""Migrations: `POST /api/migration/{path}` runs operations over the classes of a branch, and over its documents."""

from collections.abc import Mapping
from dataclasses import replace

from fastapi import Request
from fastapi.responses import Response

from data_kernel.api.rest.inputs import TheKernel
from data_kernel.api.terminusdb.answers import success
from data_kernel.api.terminusdb.documents.writing import Write, attribution, refuse_read_only
from data_kernel.api.terminusdb.parameters import Parameters, json_body, resource_of
from data_kernel.api.terminusdb.refusing.migration_refusals import MigrationExplanation, stored_classes
from data_kernel.api.terminusdb.refusing.refusals import missing_parameter, not_offered
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.ports import WriteOutcome
from data_kernel.domain.documents import Graph
from data_kernel.domain.migration import Migration, read_operations
from data_kernel.domain.prefixes import Prefixes
from data_kernel.domain.schema import CONTEXT_ID
from shared.canonical import Json
from shared.context import current
from shared.errors import ValidationFailed


async def migrate(request: Request, kernel: TheKernel) -> Response:
    """Run a migration in one commit; `dry_run` tells what it would do, `verbose` shows the classes afterwards."""
    resource, body = resource_of(request, "migration"), await json_body(request)
    refuse_read_only(resource, Graph.SCHEMA)
    given = body.value if isinstance(body.value, dict) else {}
    parameters = Parameters.of(request, given)
    said = await attribution(kernel, resource, parameters)
    operations = _operations(given)
    write = await Write.on(request, kernel, resource, body, said, parameters)
    options = replace(write.options, dry_run=parameters.flag("dry_run"))

    async def call() -> WriteOutcome:
        try:
            return await kernel.writes.migrate(resource.database, operations, options, current())
        except ValidationFailed as error:
            raise await MigrationExplanation(write, operations).of(error) from error

    outcome = await write.run(call)
    told: dict[str, Json] = {
        "schema_operations": len(operations),
        "instance_operations": len(outcome.ids),
    }
    if parameters.flag("verbose"):
        told["schema"] = await _classes_afterwards(write, outcome, operations if options.dry_run else [])
    return success("api:MigrationResponse", write.headers(outcome), beside=told)


def _operations(given: Mapping[str, Json]) -> list[Json]:
    if "target" in given:
        raise not_offered("a migration to the classes of another branch", "target")
    operations = given.get("operations")
    if operations is None:
        raise missing_parameter("operations")
    return operations if isinstance(operations, list) else [operations]


async def _classes_afterwards(write: Write, outcome: WriteOutcome, operations: list[Json]) -> Json:
    """The schema graph of the outcome, after the operations that were not carried out."""
    revision = NamedRevision(commit=outcome.commit or "", branch="" if outcome.commit else outcome.branch)
    classes = await stored_classes(write, revision)
    short = Prefixes.read(classes[CONTEXT_ID]).short_name
    after = Migration.of(read_operations(operations, short), classes).classes
    names = sorted(after, key=lambda name: (name != CONTEXT_ID, name.encode()))
    return [after[name] for name in names]
