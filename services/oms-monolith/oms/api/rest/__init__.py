"""The monolith's REST interface."""

from fastapi import APIRouter

from oms.api.rest import imports, jobs, link_types, links, migration, object_types, objects, search


def routers() -> list[APIRouter]:
    """All of it; links and imports come before objects, whose addresses take in any path."""
    return [
        object_types.router,
        link_types.router,
        links.router,
        imports.router,
        objects.router,
        search.router,
        jobs.router,
        migration.router,
    ]
