"""The demo's hands: calls to the platform's doors as one of its users."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any

import httpx2

from examples.demo.addresses import Addresses
from shared import context
from shared.canonical import Json, decode, encode
from shared.clients import EventGatewayClient
from shared.context import CallContext
from shared.http.client import open_http_client

_ERROR = 400
_TIMEOUT_S = 60.0

Body = dict[str, Any]


class StepFailed(Exception):
    """The platform did not do what the story says; the text is for the reader."""


class Platform:
    """OMS, the kernel and the event gateway, called as alice unless a block says otherwise."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self.oms = open_http_client(addresses.oms, audience="oms", timeout_s=_TIMEOUT_S)
        self.kernel = open_http_client(addresses.kernel, audience="data-kernel", timeout_s=_TIMEOUT_S)
        self.events = EventGatewayClient(addresses.gateway)

    def as_user(self, user: str, message: str = "") -> AbstractContextManager[CallContext]:
        """A block in which calls carry the user's token and this reason for the commits."""
        return context.use(CallContext(bearer_token=self._addresses.token(user), commit_message=message))

    async def close(self) -> None:
        """Close every connection."""
        await self.oms.aclose()
        await self.kernel.aclose()
        await self.events.close()


async def answer(
    client: httpx2.AsyncClient,
    method: str,
    path: str,
    *,
    body: Json = None,
    params: Mapping[str, str | int] | None = None,
) -> Any:  # whatever JSON the route answers
    """The decoded answer to a call; StepFailed with the problem's words where it is refused."""
    response = await send(client, method, path, body=body, params=params)
    if response.status_code >= _ERROR:
        raise refused(method, path, response)
    return decode(response.content)


async def send(
    client: httpx2.AsyncClient,
    method: str,
    path: str,
    *,
    body: Json = None,
    params: Mapping[str, str | int] | None = None,
) -> httpx2.Response:
    """The answer to a call, whatever it is."""
    content = None if body is None else encode(body)
    headers = {} if body is None else {"Content-Type": "application/json"}
    return await client.request(method, path, content=content, headers=headers, params=params)


@asynccontextmanager
async def streamed(
    client: httpx2.AsyncClient, method: str, path: str, **request: Any
) -> AsyncGenerator[AsyncIterator[Body], None]:
    """The answer's lines of JSON as they come; StepFailed where the call is refused."""
    async with client.stream(method, path, **request) as response:
        if response.status_code >= _ERROR:
            await response.aread()
            raise refused(method, path, response)
        yield _objects(response)


async def _objects(response: httpx2.Response) -> AsyncIterator[Body]:
    async for line in response.aiter_lines():
        if line:
            yield _object(decode(line))


def refused(method: str, path: str, response: httpx2.Response) -> StepFailed:
    """What the platform said against the call."""
    said = problem(response)
    reasons = "; ".join(f"{each['path']}: {each['message']}" for each in said.get("violations", ())[:3])
    text = f"{method} {path} answered {response.status_code} {said.get('reason', '')}: {said.get('detail', '')}"
    return StepFailed(" ".join(part for part in (text, reasons, f"(trace {said.get('trace_id', '?')})") if part))


def problem(response: httpx2.Response) -> Body:
    """The problem details of an answer; empty where it has another form."""
    if "json" not in response.headers.get("content-type", ""):
        return {}
    return _object(decode(response.content))


def _object(value: Any) -> Body:
    if not isinstance(value, dict):
        raise StepFailed("the platform answered with something other than a JSON object")
    return value
