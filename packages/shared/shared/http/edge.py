"""The outermost layer of a service's HTTP: trace id, request id, access log, metrics, and errors made into answers."""

import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from starlette.requests import ClientDisconnect, Request

from shared import context
from shared.context import CallContext
from shared.context.middleware import CONTEXT_KEY
from shared.errors import Internal, OmsError
from shared.http.address import check_address
from shared.http.routes import ROUTE_KEY
from shared.telemetry import current_trace_id
from shared.telemetry.names import HTTP_SERVER_DURATION, HTTP_SERVER_IN_FLIGHT

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from shared.http.answers import ErrorAnswers
    from shared.telemetry import MetricsRegistry

_REQUEST_ID_BYTES = 16
_TRACE_ID_BYTES = 16
_NO_ROUTE = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_CLOSED_STATUS = 499
"""What the log and the metrics say of a request whose client went away before an answer began."""


@dataclass(slots=True)
class _Exchange:
    """One request on its way through."""

    scope: "Scope"
    send: "Send"
    call: CallContext
    started_s: float = field(default_factory=time.perf_counter)
    status: int = 0

    async def forward(self, message: "Message") -> None:
        """Pass an answer's part on, noting its status and naming the request."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            request_id = self.scope.get(CONTEXT_KEY, self.call).request_id
            message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
        await self.send(message)


class EdgeMiddleware:
    """Lets nothing but answers out, and writes one line about each request.

    A failure after the answer has begun cannot be told any more: the connection is closed, so that nobody takes the
    part for the whole.
    """

    def __init__(
        self,
        app: "ASGIApp",
        *,
        registry: "MetricsRegistry",
        answers: "ErrorAnswers",
        quiet_paths: Collection[str] = (),
    ) -> None:
        self._app = app
        self._answers = answers
        self._quiet_paths = frozenset(quiet_paths)
        self._log = structlog.get_logger("shared.http")
        self._duration = registry.histogram(
            HTTP_SERVER_DURATION,
            "Seconds from the request's head to the end of its answer",
            ["method", "route", "status"],
        )
        self._in_flight = registry.gauge(HTTP_SERVER_IN_FLIGHT, "Requests in progress")

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = CallContext(
            method=scope["method"],
            trace_id=current_trace_id() or secrets.token_hex(_TRACE_ID_BYTES),
            request_id=secrets.token_hex(_REQUEST_ID_BYTES),
        )
        exchange = _Exchange(scope, send, call)
        with context.use(call), self._in_flight.track_inprogress():
            try:
                await self._answer(exchange, receive)
            finally:
                self._record(exchange)

    async def _answer(self, exchange: _Exchange, receive: "Receive") -> None:
        try:
            check_address(exchange.scope)
            await self._app(exchange.scope, receive, exchange.forward)
        except ClientDisconnect:
            exchange.status = exchange.status or _CLIENT_CLOSED_STATUS
        except OmsError as error:
            await self._fail(exchange, receive, error)
        except Exception as error:  # noqa: BLE001 - the last resort: its text must not reach a caller
            with context.use(exchange.scope.get(CONTEXT_KEY, exchange.call)):
                self._log.exception("http_request_failed", error=type(error).__name__)
            await self._fail(exchange, receive, Internal("internal error"))

    async def _fail(self, exchange: _Exchange, receive: "Receive", error: OmsError) -> None:
        if exchange.status:
            self._log.error("http_answer_broken_off", reason=error.reason.value)
            return
        request = Request(exchange.scope, receive)
        await self._answers.render(request, error)(exchange.scope, receive, exchange.forward)

    def _record(self, exchange: _Exchange) -> None:
        duration_s = time.perf_counter() - exchange.started_s
        scope = exchange.scope
        route = scope.get(ROUTE_KEY, _NO_ROUTE)
        method = exchange.call.method if exchange.call.method in _METHODS else "_OTHER"
        self._duration.labels(method, route, str(exchange.status)).observe(duration_s)
        with context.use(scope.get(CONTEXT_KEY, exchange.call)):
            write = self._log.debug if scope["path"] in self._quiet_paths else self._log.info
            write(
                "http_request",
                method=method,
                route=route,
                status=exchange.status,
                duration_ms=round(duration_s * 1000, 2),
            )
