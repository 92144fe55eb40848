"""A client that writes through OMS while processes fail, and holds every answer to what it may be."""

import asyncio
from dataclasses import dataclass, field

import httpx2
from support.problems import fault_of_problem

ANSWERED_WITHIN_S = 15.0
"""How long OMS may take with any request, whatever fails: its deadline, and a lot of slack for a busy machine."""
NOTE = {
    "name": "Note",
    "primaryKey": ["key"],
    "properties": [{"name": "key", "baseType": "string", "required": True}],
}
_PASSING = {503, 504}
"""What a client may be told while something is away."""
_PACE_S = 0.02


@dataclass
class Writer:
    """Writes one object after the other on its branch and reads each back; each until it is acknowledged."""

    oms_url: str
    headers: dict[str, str]
    branch: str
    first_of_keys: str
    """What its keys begin with."""
    oms_may_be_away: bool = False
    """Whether a broken or refused connection is to be expected now."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The commit of each key, in order."""
    troubles: list[str] = field(default_factory=list)
    """What attempts were answered instead."""
    stopping: bool = False
    _asked_at_s: float | None = None

    async def run(self) -> None:
        """Write until `stopping`; AssertionError for an answer that may not be, and for none in time."""
        async with httpx2.AsyncClient(
            base_url=self.oms_url,
            headers=self.headers,
            params={"branch": self.branch},
            timeout=ANSWERED_WITHIN_S,
            trust_env=False,
        ) as client:
            while not self.stopping:
                await self._write_and_read(client, f"{self.first_of_keys}{len(self.acknowledged) + 1:06}")

    @property
    def waits_s(self) -> float:
        """How long the request in progress has been going on."""
        return 0.0 if self._asked_at_s is None else asyncio.get_running_loop().time() - self._asked_at_s

    async def _write_and_read(self, client: httpx2.AsyncClient, key: str) -> None:
        # One key for all attempts: a repeated one answers what the first was answered.
        written = await self._insist(
            client,
            "POST",
            "/api/v1/objects/Note",
            json={"key": key},
            headers={"Idempotency-Key": f"{self.branch} {key}"},
        )
        assert written.status_code == 201, written.text
        read = await self._insist(client, "GET", f"/api/v1/objects/Note/{key}")
        assert read.json() == {"@id": f"Note/{key}", "@type": "Note", "key": key}
        self.acknowledged[key] = written.json()["commit"]

    async def _insist(self, client: httpx2.AsyncClient, method: str, path: str, **request: object) -> httpx2.Response:
        while True:
            answer = await self._ask(client, method, path, **request)
            if answer is not None:
                return answer

    async def _ask(
        self, client: httpx2.AsyncClient, method: str, path: str, **request: object
    ) -> httpx2.Response | None:
        """The answer, or none where something is away; what may not be is an AssertionError."""
        self._asked_at_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                answer = await client.request(method, path, **request)
        except TimeoutError as error:
            raise AssertionError(f"{method} {path}: no answer within {ANSWERED_WITHIN_S:g} s") from error
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
            if not self.oms_may_be_away:
                raise AssertionError(f"{method} {path}: OMS broke the connection off") from error
            self.troubles.append(repr(error))
            return None
        finally:
            self._asked_at_s = None
            await asyncio.sleep(_PACE_S)
        if answer.is_success:
            return answer
        self.troubles.append(f"{answer.status_code} {answer.text}")
        fault = refusal_fault(answer)
        assert not fault, f"{method} {path}: {fault}: {answer.text}"
        return None


def refusal_fault(answer: httpx2.Response) -> str:
    """What is wrong with an answer given while something is away; empty where nothing is."""
    if answer.status_code not in _PASSING:
        return f"{answer.status_code} is not an answer for something that is away"
    if answer.status_code == 503 and not answer.headers.get("retry-after", "").isdigit():
        return "503 without Retry-After"
    return fault_of_problem(answer.status_code, answer.headers, answer.content)
