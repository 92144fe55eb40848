"""Every router of the REST surface."""

from fastapi import APIRouter

from data_kernel.api.rest import (
    aliases,
    branches,
    changes,
    databases,
    document_reads,
    document_writes,
    history,
    outbox,
    queries,
    redactions,
    schema,
    tags,
    versioning,
)


def routers() -> list[APIRouter]:
    """The routers in the order in which their paths are tried."""
    return [
        document_reads.router(),
        document_writes.router(),
        schema.router(),
        branches.router(),
        history.router(),
        changes.router(),
        tags.router(),
        versioning.router(),
        redactions.router(),
        outbox.router(),
        queries.router(),
        databases.router(),
        aliases.router(),
    ]
