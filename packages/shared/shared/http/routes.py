"""Tells the call's context which route it took."""

from starlette.requests import Request
from starlette.types import Scope

from shared import context

ROUTE_KEY = "oms.route"
"""Where the template stands in the ASGI scope, for the access log and the metrics."""


async def enter_route(request: Request) -> None:
    """A dependency of the whole application: it runs before every handler, in the handler's own task."""
    template = route_template(request.scope)
    request.scope[ROUTE_KEY] = template
    context.enter_route(template)


def route_template(scope: Scope) -> str:
    """The template of the matched route with the prefixes of all routers, such as `/db/{db}/doc/{id}`."""
    matched = scope.get("fastapi", {}).get("effective_route_context") or scope["route"]
    template: str = matched.path_format
    return template
