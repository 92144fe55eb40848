"""The monolith's REST interface."""

from fastapi import APIRouter

from oms.api.rest import object_types, objects


def routers() -> list[APIRouter]:
    """All of it."""
    return [object_types.router, objects.router]
