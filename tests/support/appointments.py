"""Jobs that fire once at a moment, made through OMS while processes fail, and accounted for in the end."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from support.waiting import eventually
from support.writing import ANSWERED_WITHIN_S, refusal_fault

REMINDER = "io.oms.test.appointment.v1"
_PATH = "/api/v1/jobs"
_IN_S = 2
_PAUSE_S = 0.2
_KEPT_WITHIN_S = 120
"""The scheduler looks once a minute for executions that were claimed and are on nobody's way."""


@dataclass
class Appointments:
    """Makes a job in each round; by its id, an attempt whose answer was lost makes it no second time."""

    oms_url: str
    headers: dict[str, str]
    made: list[str] = field(default_factory=list)

    async def make(self, job_id: str, *, oms_may_be_away: bool) -> None:
        """Ask for a reminder until the job is there."""
        async with self._client() as client:
            while not await self._attempt(client, job_id, oms_may_be_away=oms_may_be_away):
                await asyncio.sleep(_PAUSE_S)
        self.made.append(job_id)

    async def are_kept(self) -> None:
        """Wait until each job has run, and hold it to have run once; AssertionError where one did not, or failed."""
        async with self._client() as client:
            for job_id in self.made:
                try:
                    states = await eventually(lambda job_id=job_id: _final(client, job_id), _KEPT_WITHIN_S, what=job_id)
                except AssertionError as error:
                    error.add_note(f"executions: { {each: await _states(client, each) for each in self.made} }")
                    raise
                assert states == ["succeeded"], job_id

    def are_heard_of_once(self, subjects: list[str]) -> None:
        """Look for each one among the subjects of all reminders in the broker."""
        heard = Counter(subjects)
        assert {job_id: heard[job_id] for job_id in self.made} == dict.fromkeys(self.made, 1)

    async def _attempt(self, client: httpx2.AsyncClient, job_id: str, *, oms_may_be_away: bool) -> bool:
        try:
            answer = await client.post(_PATH, json=_job(job_id))
        except (httpx2.NetworkError, httpx2.RemoteProtocolError):
            if not oms_may_be_away:
                raise
            return False
        if answer.status_code == 201 or _is_there_already(answer):
            return True
        if _came_too_late(answer):
            return False
        fault = refusal_fault(answer)
        assert not fault, f"POST {_PATH}: {fault}: {answer.text}"
        return False

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            base_url=self.oms_url, headers=self.headers, timeout=ANSWERED_WITHIN_S, trust_env=False
        )


def _is_there_already(answer: httpx2.Response) -> bool:
    """Whether an attempt before this one, whose answer was lost, had made the job."""
    return answer.status_code == 409 and bool(answer.json()["reason"] == "ALREADY_EXISTS")


def _came_too_late(answer: httpx2.Response) -> bool:
    """Whether the request was held so long that its moment had passed; the next attempt names a later one."""
    return answer.status_code == 422 and [each["rule"] for each in answer.json()["violations"]] == ["past"]


async def _states(client: httpx2.AsyncClient, job_id: str) -> list[str]:
    answer = await client.get("/api/v1/executions", params={"job": job_id})
    return [each["state"] for each in answer.raise_for_status().json()["executions"]]


async def _final(client: httpx2.AsyncClient, job_id: str) -> list[str] | None:
    states = await _states(client, job_id)
    return states if states and set(states) <= {"succeeded", "dead", "cancelled", "skipped"} else None


def _job(job_id: str) -> dict[str, Any]:
    at = (datetime.now(UTC) + timedelta(seconds=_IN_S)).replace(microsecond=0)
    return {
        "id": job_id,
        "name": "Remind of a round",
        "trigger": {"type": "date", "at": at.isoformat().replace("+00:00", "Z")},
        "task": {"type": "event", "event_type": REMINDER, "subject": job_id, "data": {}},
    }
