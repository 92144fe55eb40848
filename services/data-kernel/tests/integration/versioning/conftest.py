"""The kernel's application over a real store, and what the tests of moved branches ask of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from data_kernel_testing.in_process import client_of, open_kernel, settings_in
from data_kernel_testing.kernel_process import MOVIE

from data_kernel.main import build
from shared.security import issue_user_token, make_user_token_secret

MAIN, SIDE = "dev/oms/main", "dev/oms/side"


class Desk:
    """Documents and branches of the database `oms`, by the names that the tests use."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def ask(self, method: str, path: str, *, status: int = 200, **request: Any) -> Any:
        """The answer's JSON, which has that status."""
        response = await self._http.request(method, f"/db/oms/{path}", **request)
        assert response.status_code == status, response.text
        return response.json()

    async def put(self, branch: str, *documents: dict[str, Any]) -> str:
        """Write movies; tells the commit."""
        body = [{"@type": "Movie", **each} for each in documents]
        answer = await self.ask("PUT", "doc", params={"branch": branch, "create": True}, json=body)
        return str(answer["commit"])

    async def delete(self, branch: str, title: str) -> str:
        answer = await self.ask("DELETE", f"doc/Movie/{title}", params={"branch": branch})
        return str(answer["commit"])

    async def schema(self, branch: str, document: dict[str, Any]) -> str:
        answer = await self.ask("PUT", "schema", params={"branch": branch}, json=document)
        return str(answer["commit"])

    async def side(self) -> None:
        """A branch beside main."""
        await self.ask("POST", "branches", status=201, json={"branch": SIDE, "origin": {"branch": MAIN}})

    async def head(self, branch: str = MAIN) -> str:
        return str((await self.ask("GET", f"branches/{branch}"))["head"])

    async def movies(self, branch: str = MAIN) -> dict[str, int | None]:
        """The year of each movie by its title."""
        documents = await self.ask("GET", "doc", params={"branch": branch, "type": "Movie", "as_list": True})
        return {each["title"]: each.get("year") for each in documents}

    async def log(self, branch: str = MAIN) -> list[Any]:
        commits: list[Any] = (await self.ask("GET", "log", params={"branch": branch}))["commits"]
        return commits


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    token = issue_user_token(make_user_token_secret(tmp_path / "jwt.secret"), "alice")
    bearer = {"authorization": f"Bearer {token}"}
    async with (
        open_kernel(tmp_path) as kernel,
        client_of(build(settings_in(tmp_path)), {"kernel": kernel}, bearer) as http,
    ):
        made = Desk(http)
        await made.schema(MAIN, MOVIE)
        yield made
