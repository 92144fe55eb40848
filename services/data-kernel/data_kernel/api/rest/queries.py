"""Queries over REST: refused until the store answers them."""

from fastapi import APIRouter

from data_kernel.application.queries import bindings


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["queries"])
    routes.add_api_route("/db/{db}/woql", execute, methods=["POST"])
    return routes


async def execute(db: str) -> None:
    """WOQL as JSON-LD; 501 until the store answers queries."""
    bindings(db)
