"""Performs `http` tasks."""

from typing import cast
from urllib.parse import urlsplit

import httpx2

from scheduler_service.adapters.targets import resolve
from scheduler_service.application.ports import Checkpoint, TaskFailed
from scheduler_service.domain.executions import Execution
from scheduler_service.domain.tasks import HttpTask, Task
from shared.canonical import Json, encode
from shared.telemetry import current_traceparent

_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
_OK = range(200, 300)
_SERVER_ERRORS = range(500, 600)
_MAX_ANSWER_BYTES = 1024 * 1024
_PORTS = {"http": 80, "https": 443}
_CONNECT_TIMEOUT_S = 10.0


class HttpPerformer:
    """A `Performer` of `http` tasks: no redirects, no proxies, no credentials of the platform, only public targets."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        # A transport, not a client: that would write each address, and with it what stands in its query, to the log.
        # No connection is used twice: they are kept by address, and one address may serve many names.
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._transport = httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)

    async def perform(self, task: Task, execution: Execution, resumed_from: Json, checkpoint: Checkpoint) -> Json:
        """As `Performer.perform`; what was answered is the checkpoint, so that no answer is asked for twice."""
        if not isinstance(task, HttpTask):
            raise TaskFailed("this is no http task", is_final=True)
        if isinstance(resumed_from, dict) and "status" in resumed_from:
            return resumed_from
        result = await self._send(await self._request(task, execution), execution.spec.timeout_s)
        await checkpoint(result)
        return result

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.aclose()

    async def _request(self, task: HttpTask, execution: Execution) -> httpx2.Request:
        """The request to the address that was looked at, under the name that was asked for."""
        parts = urlsplit(task.url)
        host = parts.hostname or ""
        address = await resolve(host, parts.port or _PORTS[parts.scheme], allow_private=self._allow_private)
        url = httpx2.URL(task.url)
        headers = {**task.headers, "Host": url.netloc.decode(), "Idempotency-Key": execution.id}
        content = None
        if task.body is not None:
            content = encode(task.body)
            headers = {"Content-Type": "application/json", **headers}
        if traceparent := current_traceparent():
            headers["traceparent"] = traceparent
        timeout = httpx2.Timeout(execution.spec.timeout_s, connect=_CONNECT_TIMEOUT_S)
        return httpx2.Request(
            task.method,
            url.copy_with(host=address),
            headers=headers,
            content=content,
            extensions={"sni_hostname": host, "timeout": timeout.as_dict()},
        )

    async def _send(self, request: httpx2.Request, timeout_s: float) -> Json:
        try:
            response = await self._transport.handle_async_request(request)
            try:
                size_bytes = await _size(response)
            finally:
                await response.aclose()
        except httpx2.TimeoutException:
            raise TaskFailed(f"the target did not answer within {timeout_s:g} s") from None
        except (httpx2.TransportError, httpx2.DecodingError, OSError):
            raise TaskFailed("the connection to the target failed") from None
        status = response.status_code
        if status not in _OK:
            again = status in _WORTH_ANOTHER_TRY or status in _SERVER_ERRORS
            raise TaskFailed(f"the target answered {status}", is_final=not again)
        return {"status": status, "answer_bytes": size_bytes}


async def _size(response: httpx2.Response) -> int:
    """Reads the answer to its end, so that the target is not cut off, and not beyond a bound."""
    size_bytes = 0
    async for part in cast("httpx2.AsyncByteStream", response.stream):
        size_bytes += len(part)
        if size_bytes > _MAX_ANSWER_BYTES:
            break
    return size_bytes
