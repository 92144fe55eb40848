"""Builds the HTTP side of a service: its routers behind the platform's edge."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from shared.context.middleware import Doors, TerminusContextMiddleware
from shared.errors import OmsError
from shared.http import health as probes
from shared.http.answers import ErrorAnswers
from shared.http.body import BodyLimitMiddleware
from shared.http.edge import EdgeMiddleware
from shared.http.openapi import PlatformApp, describe
from shared.http.problems import ErrorRenderer
from shared.http.routes import enter_route

if TYPE_CHECKING:
    from shared.security import Authenticator, BasicAccount
    from shared.settings import ServiceSettings
    from shared.telemetry import Telemetry

DOCS_PATH = "/docs"
OPENAPI_PATH = "/openapi.json"

Lifespan = (
    Callable[[Any], AbstractAsyncContextManager[None]] | Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any]]]
)
"""What runs as long as the application does; the mapping that it may yield is `request.state`."""


def build_app(  # noqa: PLR0913 - all of an application's parts, by keyword alone
    *,
    title: str,
    settings: "ServiceSettings",
    authenticator: "Authenticator",
    health: probes.Health,
    lifespan: Lifespan,
    routers: Sequence[APIRouter],
    telemetry: "Telemetry",
    error_renderers: Mapping[str, ErrorRenderer] | None = None,
    open_paths: Iterable[str] = (),
    bare_user_prefixes: Sequence[str] = (),
    accounts: Mapping[str, "BasicAccount"] | None = None,
) -> FastAPI:
    """The application: a request passes access log and errors, body limit, identity and context, then its route.

    Probes, metrics, `/docs`, `/openapi.json` and `open_paths` need no token. Below `bare_user_prefixes` a user's token
    is enough in every environment; below a prefix of `accounts` its account may come with its password.
    `error_renderers` write the errors of the paths below their prefix, those of the edge too.
    """
    open_to_all = frozenset({*probes.OPEN_PATHS, DOCS_PATH, OPENAPI_PATH, *open_paths})
    answers = ErrorAnswers(error_renderers or {})
    app = PlatformApp(
        title=title,
        description=describe(settings.limits),
        lifespan=lifespan,
        dependencies=[Depends(enter_route)],
        middleware=[
            Middleware(EdgeMiddleware, registry=telemetry.registry, answers=answers, quiet_paths=probes.OPEN_PATHS),
            Middleware(BodyLimitMiddleware, limit_bytes=settings.limits.request_body_bytes),
            Middleware(
                TerminusContextMiddleware,
                authenticator=authenticator,
                limits=settings.limits,
                doors=Doors(open_to_all, bare_user_prefixes, accounts or {}),
            ),
        ],
        exception_handlers=dict.fromkeys((OmsError, HTTPException, RequestValidationError), answers.handle),
        telemetry={
            "tracer_provider": telemetry.tracer_provider,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
        docs_url=DOCS_PATH,
        openapi_url=OPENAPI_PATH,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
    )
    app.open_paths = open_to_all
    # The probes come last: routes are tried one after another, and most requests are for the service's own.
    for router in (*routers, probes.health_router(health, telemetry.registry)):
        app.include_router(router)
    return app
