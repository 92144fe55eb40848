"""The edge of HTTP: who calls, and what the call is attributed to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shared import context
from shared.context.headers import CallHeaders, read_headers

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from shared.context import CallContext, Caller
    from shared.limits import Limits
    from shared.security import Authenticator, BasicAccount

CONTEXT_KEY = "oms.context"
"""Where the context stands in the ASGI scope, for middlewares that run around this one."""

_POLICY_VIOLATION = 1008


@dataclass(frozen=True, slots=True)
class Doors:
    """Which paths differ in who may come in: `open_paths` need no token; below `bare_user_prefixes` a user's token is
    enough without a calling service's proof; below a prefix of `accounts` its account may come with its password."""

    open_paths: Collection[str] = ()
    bare_user_prefixes: Sequence[str] = ()
    accounts: Mapping[str, "BasicAccount"] = field(default_factory=dict)

    def is_open(self, path: str) -> bool:
        """Whether the path needs no token; only the very path counts."""
        return path in self.open_paths

    def allows_bare_user(self, path: str) -> bool:
        """Whether a user's token is enough."""
        return any(is_below(path, prefix) for prefix in self.bare_user_prefixes)

    def account(self, path: str) -> "BasicAccount | None":
        """The account that may come with its password, if there is one."""
        return next((account for prefix, account in self.accounts.items() if is_below(path, prefix)), None)


def is_below(path: str, prefix: str) -> bool:
    """Whether the path is `prefix` or lies below it, segment by segment: `/apiary` is not below `/api`."""
    return path == prefix or path.startswith(f"{prefix}/")


class TerminusContextMiddleware:
    """Authenticates each request and makes its `CallContext` the current one; raises `OmsError` to what runs around.

    The route's template is not known here yet: `shared.http.routes.enter_route` adds it. WebSockets are refused.
    """

    def __init__(self, app: "ASGIApp", *, authenticator: "Authenticator", limits: "Limits", doors: Doors) -> None:
        self._app = app
        self._authenticator = authenticator
        self._limits = limits
        self._doors = doors

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "not offered"})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = read_headers(scope["headers"], self._limits)
        caller = self._caller(scope["path"], headers)
        scope[CONTEXT_KEY] = call = _call(scope, headers, caller)
        with context.use(call):
            await self._app(scope, receive, send)

    def _caller(self, path: str, headers: CallHeaders) -> "Caller | None":
        if self._doors.is_open(path):
            return None
        account = self._doors.account(path)
        if account is not None and headers.basic_credentials:
            return account.authenticate(headers.basic_credentials)
        return self._authenticator.authenticate(
            bearer_token=headers.bearer_token,
            service_proof=headers.service_proof,
            allow_bare_user=self._doors.allows_bare_user(path),
        )


def _call(scope: "Scope", headers: CallHeaders, caller: "Caller | None") -> "CallContext":
    begun = context.current()
    return replace(
        begun,
        **{"request_id": begun.request_id, **headers.attributes},
        caller=caller,
        method=scope["method"],
        bearer_token=headers.bearer_token,
    )
