"""The scheduler-service as the monolith's `JobScheduler`."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.canonical import Json, encode
from shared.clients.json_http import json_of
from shared.http.client import open_http_client, raise_for_problem
from shared.resilience import Resilience
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    import httpx2

    from shared.security import ServiceSigner

_AUDIENCE = "scheduler"


class RemoteScheduler:
    """Passes JSON on to the service's REST interface at `url`, and its answers back as they are."""

    def __init__(self, url: str, *, signer: "ServiceSigner | None", telemetry: Telemetry) -> None:
        self._resilience = Resilience(_AUDIENCE, telemetry.registry)
        self._http = open_http_client(url, audience=_AUDIENCE, signer=signer, telemetry=telemetry)

    async def create_job(self, spec: Json) -> Json:
        """As `JobScheduler.create_job`; the spec has an id, so that a second attempt would find the first one's job."""
        headers = {"Content-Type": "application/json"}
        return json_of(await self._send("POST", "/jobs", content=encode(spec), headers=headers))

    async def get_job(self, job_id: str) -> Json:
        """As `JobScheduler.get_job`."""
        return json_of(await self._send("GET", _job(job_id), retry=True))

    async def list_jobs(self, *, count: int, after: str) -> Json:
        """As `JobScheduler.list_jobs`."""
        return json_of(await self._send("GET", "/jobs", params={"count": count, "after": after}, retry=True))

    async def delete_job(self, job_id: str) -> None:
        """As `JobScheduler.delete_job`."""
        await self._send("DELETE", _job(job_id))

    async def run_job(self, job_id: str) -> Json:
        """As `JobScheduler.run_job`."""
        return json_of(await self._send("POST", f"{_job(job_id)}/run"))

    async def list_executions(self, *, job_id: str, count: int) -> Json:
        """As `JobScheduler.list_executions`."""
        return json_of(await self._send("GET", "/executions", params={"job": job_id, "count": count}, retry=True))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str | int] | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        retry: bool = False,
    ) -> "httpx2.Response":
        async def once() -> "httpx2.Response":
            response = await self._http.request(method, path, params=params, content=content, headers=headers)
            raise_for_problem(response)
            return response

        return await self._resilience.call(once, retry=retry)


def _job(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"
