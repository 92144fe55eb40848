"""The scheduler over its REST interface."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx2

from shared.canonical import Json, encode
from shared.clients.json_http import json_of
from shared.clients.scheduler_answers import ExecutionInfo, ExecutionState, JobInfo, WorkerInfo
from shared.http.client import raise_for_problem

_PAGE = "1000"
_NO_PART_OF_SPEC = frozenset({"state", "owner", "created_at", "revision", "next_fire_at"})


class SchedulerHttp:
    """Over a client of `shared.http.client.open_http_client`, which it closes in the end."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def create_job(self, spec: Json) -> JobInfo:
        """As `SchedulerClient.create_job`."""
        return _job(await self._ask("POST", "/jobs", body=spec))

    async def get_job(self, job_id: str) -> JobInfo:
        """As `SchedulerClient.get_job`."""
        return _job(await self._ask("GET", f"/jobs/{_part(job_id)}"))

    async def page_jobs(self, token: str, label: str) -> tuple[list[JobInfo], str]:
        """One page, and what to go on after."""
        page = await self._ask("GET", "/jobs", {"count": _PAGE, "after": token, "label": label})
        return [_job(each) for each in page["jobs"]], page["next_after"]

    async def update_job(self, job_id: str, patch: Json) -> JobInfo:
        """As `SchedulerClient.update_job`."""
        return _job(await self._ask("PATCH", f"/jobs/{_part(job_id)}", body=patch))

    async def delete_job(self, job_id: str) -> None:
        """As `SchedulerClient.delete_job`."""
        await self._send("DELETE", f"/jobs/{_part(job_id)}")

    async def run_job(self, job_id: str) -> ExecutionInfo:
        """As `SchedulerClient.run_job`."""
        return _execution(await self._ask("POST", f"/jobs/{_part(job_id)}/run"))

    async def pause_job(self, job_id: str) -> JobInfo:
        """As `SchedulerClient.pause_job`."""
        return _job(await self._ask("POST", f"/jobs/{_part(job_id)}/pause"))

    async def resume_job(self, job_id: str) -> JobInfo:
        """As `SchedulerClient.resume_job`."""
        return _job(await self._ask("POST", f"/jobs/{_part(job_id)}/resume"))

    async def preview(self, job_id: str, count: int) -> list[datetime]:
        """As `SchedulerClient.preview`."""
        answer = await self._ask("GET", f"/jobs/{_part(job_id)}/next", {"n": str(count)})
        return [datetime.fromisoformat(each) for each in answer["fire_times"]]

    async def list_executions(self, job_id: str, state: ExecutionState | None, count: int) -> list[ExecutionInfo]:
        """As `SchedulerClient.list_executions`."""
        asked = {"job": job_id, "state": state.value if state else "", "count": str(count)}
        return [_execution(each) for each in (await self._ask("GET", "/executions", asked))["executions"]]

    async def get_execution(self, execution_id: str) -> ExecutionInfo:
        """As `SchedulerClient.get_execution`."""
        return _execution(await self._ask("GET", f"/executions/{_part(execution_id)}"))

    async def cancel_execution(self, execution_id: str) -> ExecutionInfo:
        """As `SchedulerClient.cancel_execution`."""
        return _execution(await self._ask("POST", f"/executions/{_part(execution_id)}/cancel"))

    async def retry_execution(self, execution_id: str) -> ExecutionInfo:
        """As `SchedulerClient.retry_execution`."""
        return _execution(await self._ask("POST", f"/executions/{_part(execution_id)}/retry"))

    async def replay_dead_letter(self, execution_id: str) -> ExecutionInfo:
        """As `SchedulerClient.replay_dead_letter`."""
        return _execution(await self._ask("POST", f"/dead-letters/{_part(execution_id)}/replay"))

    async def list_workers(self) -> list[WorkerInfo]:
        """As `SchedulerClient.list_workers`."""
        return [_worker(each) for each in (await self._ask("GET", "/workers"))["workers"]]

    async def close(self) -> None:
        """As `SchedulerClient.close`."""
        await self._client.aclose()

    async def _ask(self, method: str, path: str, params: dict[str, str] | None = None, body: Json = None) -> Any:
        return json_of(await self._send(method, path, params, body))

    async def _send(
        self, method: str, path: str, params: dict[str, str] | None = None, body: Json = None
    ) -> httpx2.Response:
        given = {name: text for name, text in (params or {}).items() if text}
        headers = {"content-type": "application/json"} if body is not None else {}
        content = encode(body) if body is not None else None
        response = await self._client.request(method, path, params=given, content=content, headers=headers)
        raise_for_problem(response)
        return response


def _part(text: str) -> str:
    return quote(text, safe="")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _job(told: Any) -> JobInfo:
    return JobInfo(
        id=told["id"],
        spec={name: value for name, value in told.items() if name not in _NO_PART_OF_SPEC},
        paused=told["state"] == "paused",
        owner=told["owner"],
        created_at=datetime.fromisoformat(told["created_at"]),
        revision=told["revision"],
        next_fire_at=_moment(told["next_fire_at"]),
    )


def _execution(told: Any) -> ExecutionInfo:
    return ExecutionInfo(
        id=told["id"],
        job_id=told["job_id"],
        state=ExecutionState(told["state"]),
        cause=told["cause"],
        scheduled_for=datetime.fromisoformat(told["scheduled_for"]),
        started_at=_moment(told["started_at"]),
        finished_at=_moment(told["finished_at"]),
        attempts=told["attempts"],
        worker=told["worker"],
        reason=told["reason"],
        result=told["result"],
        missed=told["missed"],
        repeats=told["repeats"],
        trace_id=told["trace_id"],
    )


def _worker(told: Any) -> WorkerInfo:
    return WorkerInfo(
        id=told["id"],
        host=told["host"],
        pid=told["pid"],
        slots=told["slots"],
        seen_at=datetime.fromisoformat(told["seen_at"]),
        running=tuple(told["running"]),
        alive=told["alive"],
    )
