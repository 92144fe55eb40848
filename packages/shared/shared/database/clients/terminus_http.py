"""Requests to TerminusDB's HTTP interface, with errors as the platform's."""

import base64
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

from shared.database.clients.terminus_errors import error_of
from shared.http.client import open_http_client
from shared.resilience import Resilience
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    from shared.security import ServiceSigner

AUDIENCE = "data-kernel"
_USER = "admin"


class TerminusHttp:
    """A pool of connections to one TerminusDB, or to the kernel's `/api`.

    With `key` the user `admin` is authenticated by it; without, the context's bearer token and the service's proof go
    along. `cert_path` names a PEM file with a client certificate and its key.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None,
        cert_path: Path | None,
        signer: "ServiceSigner | None",
        telemetry: Telemetry,
        timeout_s: float,
    ) -> None:
        self._client = open_http_client(
            url,
            audience=AUDIENCE,
            signer=None if key else signer,
            timeout_s=timeout_s,
            telemetry=telemetry,
            transport=httpx2.AsyncHTTPTransport(verify=_tls(cert_path), trust_env=False) if cert_path else None,
        )
        self._credentials = {"authorization": f"Basic {_basic(key)}"} if key else {}
        self._resilience = Resilience(f"{AUDIENCE}-legacy", telemetry.registry, deadline_s=timeout_s)

    async def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """One request with its whole answer; reads are repeated where the store is away."""

        async def attempt() -> httpx2.Response:
            return _checked(await self._client.send(self._request(method, path, params, content, headers)))

        return await self._resilience.call(attempt, retry=method in {"GET", "HEAD"})

    async def stream(self, path: str, params: Mapping[str, str]) -> httpx2.Response:
        """A GET whose answer is still to be read, and closed."""
        response = await self._client.send(self._request("GET", path, params, None, None), stream=True)
        if response.is_error:
            await response.aread()
            raise error_of(response)
        return response

    async def ping(self) -> None:
        """Ask once whether the store answers, whatever the circuit says."""
        _checked(await self._client.send(self._request("GET", "ok", {}, None, None)))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        content: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> httpx2.Request:
        body_type = {"content-type": "application/json"} if content is not None else {}
        return self._client.build_request(
            method,
            f"/api/{path}",
            params={name: text for name, text in params.items() if text},
            content=content,
            headers={**self._credentials, **body_type, **(headers or {})},
        )


def _checked(response: httpx2.Response) -> httpx2.Response:
    if response.is_error:
        raise error_of(response)
    return response


def _basic(key: str) -> str:
    return base64.b64encode(f"{_USER}:{key}".encode()).decode()


def _tls(cert_path: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_cert_chain(cert_path)
    return context
