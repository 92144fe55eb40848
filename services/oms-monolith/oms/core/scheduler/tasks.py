"""What jobs do: HTTP requests and events."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2

from oms.application.ports import EventPublisher
from oms.domain.jobs import EventTask, HttpTask, JobSpec
from shared.canonical import Json, encode
from shared.errors import OmsError, Reason
from shared.events.envelope import build
from shared.telemetry import current_traceparent

_OK = range(200, 300)
_SERVER_ERRORS = range(500, 600)
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
_FOR_GOOD = frozenset({Reason.VALIDATION_FAILED, Reason.INVALID_INPUT, Reason.TOO_LARGE})
_PORTS = {"http": 80, "https": 443}


class TaskFailed(Exception):
    """An attempt failed; `is_final` where another would fail too. The text holds nothing of what was sent."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


class Tasks:
    """Does them; `publisher_for` gives the publisher for a partition key.

    Requests go to public addresses alone, unless `allow_private`; redirects are not followed.
    """

    def __init__(
        self, publisher_for: Callable[[str], EventPublisher], *, source: str, allow_private: bool = False
    ) -> None:
        self._publisher_for = publisher_for
        self._source = source
        self._allow_private = allow_private
        self._http = httpx2.AsyncClient(trust_env=False, follow_redirects=False)

    async def perform(self, spec: JobSpec, job_id: str, execution_id: str, scheduled_for: datetime) -> Json:
        """One attempt; what to record of it. TaskFailed."""
        if isinstance(spec.task, HttpTask):
            return await self._request(spec.task, execution_id, spec.timeout_s)
        return await self._publish(spec.task, job_id, execution_id, scheduled_for)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def _publish(self, task: EventTask, job_id: str, execution_id: str, scheduled_for: datetime) -> Json:
        key = task.partition_key or job_id
        try:
            # Id and source are those that the scheduler-service would give: a repetition is no second event.
            event = build(
                {
                    "id": execution_id,
                    "source": self._source,
                    "type": task.event_type,
                    "subject": task.subject or job_id,
                    "time": scheduled_for.astimezone(UTC),
                    "datacontenttype": "application/json",
                    "partitionkey": key,
                    "traceparent": current_traceparent() or None,
                },
                task.data,
            )
            await self._publisher_for(key).publish(event)
        except OmsError as error:
            raise TaskFailed(
                f"the event was refused: {error.reason.value}", is_final=error.reason in _FOR_GOOD
            ) from error
        return {"event_id": execution_id}

    async def _request(self, task: HttpTask, execution_id: str, timeout_s: float) -> Json:
        parts = urlsplit(task.url)
        host = parts.hostname or ""
        address = await self._address(host, parts.port or _PORTS[parts.scheme])
        url = httpx2.URL(task.url)
        headers = {**task.headers, "Host": url.netloc.decode(), "Idempotency-Key": execution_id}
        if task.body is not None:
            headers = {"Content-Type": "application/json", **headers}
        try:
            response = await self._http.request(
                task.method,
                url.copy_with(host=address),
                headers=headers,
                content=None if task.body is None else encode(task.body),
                timeout=timeout_s,
                extensions={"sni_hostname": host},
            )
        except (httpx2.TransportError, OSError):
            raise TaskFailed("the target did not answer") from None
        status = response.status_code
        if status not in _OK:
            again = status in _WORTH_ANOTHER_TRY or status in _SERVER_ERRORS
            raise TaskFailed(f"the target answered {status}", is_final=not again)
        return {"status": status, "answer_bytes": len(response.content)}

    async def _address(self, host: str, port: int) -> str:
        """An address of the host to connect to as it is, so that nothing is resolved a second time."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise TaskFailed("the target's name does not resolve") from None
        addresses = [str(entry[4][0]) for entry in found]
        if not self._allow_private and not all(_is_public(each) for each in addresses):
            raise TaskFailed("the target is not a public address", is_final=True)
        return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_global and not address.is_multicast
