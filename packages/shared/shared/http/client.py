"""One way to call a peer by HTTP: context, identity, trace and errors go along by themselves."""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx2
from opentelemetry.trace import SpanKind, StatusCode

from shared import context
from shared.context.headers import SERVICE_PROOF, TRACEPARENT, TRACESTATE, context_headers
from shared.errors import (
    TABLE,
    DeadlineExceeded,
    Internal,
    OmsError,
    Reason,
    Unavailable,
    Violation,
    from_reason,
)
from shared.http.problems import MEDIA_TYPE
from shared.limits import MB
from shared.telemetry import Telemetry, names
from shared.telemetry.traceparent import traceparent_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from shared.security import ServiceSigner

_ERROR_STATUS = 400
_SERVER_ERROR = 500
_MAX_PROBLEM_BYTES = 32 * MB
"""A request of thousands of documents may break a rule in each of their members."""
_RETRY_AFTER_S = 1.0


def open_http_client(
    base_url: str,
    *,
    audience: str,
    signer: "ServiceSigner | None" = None,
    timeout_s: float = 10.0,
    telemetry: Telemetry | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> httpx2.AsyncClient:
    """A pooled client of the service `audience`; close it with `aclose`.

    Each request carries the current context's whitelisted headers and user token, this service's proof for `audience`
    and the trace, under a client span; a header that the request itself sets stands. A peer that is away raises
    Unavailable; one that has sent no answer's head after `timeout_s`, or pauses so long within the body, raises
    DeadlineExceeded. Proxies of the environment are not used, redirects not followed.
    """
    return httpx2.AsyncClient(
        base_url=base_url,
        timeout=timeout_s,
        transport=_PeerTransport(
            transport or httpx2.AsyncHTTPTransport(trust_env=False),
            audience=audience,
            signer=signer,
            telemetry=telemetry or Telemetry.off("client"),
        ),
        trust_env=False,
        follow_redirects=False,
    )


class _PeerTransport(httpx2.AsyncBaseTransport):
    def __init__(
        self,
        inner: httpx2.AsyncBaseTransport,
        *,
        audience: str,
        signer: "ServiceSigner | None",
        telemetry: Telemetry,
    ) -> None:
        self._inner = inner
        self._audience = audience
        self._signer = signer
        self._tracer = telemetry.tracer

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        attributes: dict[str, str | int] = {
            names.HTTP_REQUEST_METHOD: request.method,
            names.SERVER_ADDRESS: request.url.host,
            names.URL_SCHEME: request.url.scheme,
        }
        if request.url.port is not None:
            attributes[names.SERVER_PORT] = request.url.port
        with self._tracer.start_as_current_span(
            request.method, kind=SpanKind.CLIENT, attributes=attributes, record_exception=False
        ) as span:
            self._add_headers(request, span)
            response = await self._send(request)
            span.set_attribute(names.HTTP_RESPONSE_STATUS_CODE, response.status_code)
            if response.status_code >= _ERROR_STATUS:
                span.set_status(StatusCode.ERROR)
            return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("read")):
                response = await self._inner.handle_async_request(request)
        except TimeoutError as error:
            raise DeadlineExceeded(f"{self._audience} did not answer in time") from error
        except httpx2.TransportError as error:
            raise _transport_error(error, self._audience) from error
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _PeerStream(response.stream, self._audience)
        return response

    def _add_headers(self, request: httpx2.Request, span: "Span") -> None:
        headers = context_headers(context.current())
        if self._signer is not None:
            headers[SERVICE_PROOF] = self._signer.proof(self._audience)
        span_context = span.get_span_context()
        headers[TRACEPARENT] = traceparent_of(span_context)
        headers[TRACESTATE] = span_context.trace_state.to_header()
        for name, value in headers.items():
            if value and name not in request.headers:
                request.headers[name] = value


class _PeerStream(httpx2.AsyncByteStream):
    """A body that breaks off with the platform's errors."""

    def __init__(self, inner: httpx2.AsyncByteStream, audience: str) -> None:
        self._inner = inner
        self._audience = audience

    async def __aiter__(self) -> Any:  # an asynchronous generator
        try:
            async for part in self._inner:
                yield part
        except httpx2.TransportError as error:
            raise _transport_error(error, self._audience) from error

    async def aclose(self) -> None:
        await self._inner.aclose()


def raise_for_problem(response: httpx2.Response) -> None:
    """Raises the error that the peer answered, read from its problem details; returns if it answered none.

    An answer of another form is identified by its status alone. The body must have been read (`await response.aread()`
    where the answer is streamed).
    """
    if response.status_code >= _ERROR_STATUS:
        raise error_from_problem(response.status_code, response.headers, response.content)


def error_from_problem(status: int, headers: Mapping[str, str], body: bytes) -> OmsError:
    """The error that the status, the headers and the body of an answer stand for."""
    retry_after_s = _retry_after_s(headers)
    problem = _problem(headers, body)
    try:
        reason = Reason(problem["reason"])
    except (KeyError, ValueError):
        return from_reason(_reason_of(status), f"the peer answered {status}", retry_after_s=retry_after_s)
    return from_reason(
        reason,
        str(problem.get("detail", "")),
        field=problem["field"] if isinstance(problem.get("field"), str) else None,
        violations=_violations(problem),
        retry_after_s=retry_after_s,
    )


def _problem(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    if not headers.get("content-type", "").startswith(MEDIA_TYPE) or len(body) > _MAX_PROBLEM_BYTES:
        return {}
    try:
        problem = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return problem if isinstance(problem, dict) else {}


def _violations(problem: Mapping[str, Any]) -> list[Violation]:
    entries = problem.get("violations")
    return [
        Violation(str(entry.get("path", "")), str(entry.get("rule", "")), str(entry.get("message", "")))
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]


def _reason_of(status: int) -> Reason:
    """The first reason in the table with that status; else whose fault it is decides."""
    fitting = (reason for reason, mapping in TABLE.items() if mapping.http_status == status)
    return next(fitting, Reason.INTERNAL if status >= _SERVER_ERROR else Reason.INVALID_INPUT)


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _transport_error(error: httpx2.TransportError, audience: str) -> OmsError:
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return Unavailable(f"{audience} is away", retry_after_s=_RETRY_AFTER_S)
    if isinstance(error, httpx2.TimeoutException):
        return DeadlineExceeded(f"{audience} did not answer in time")
    if isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError):
        return Unavailable(f"{audience} broke the connection off", retry_after_s=_RETRY_AFTER_S)
    return Internal(f"the request to {audience} could not be sent")
