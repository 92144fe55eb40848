"""Every way to write below `/api` passes the commit hooks, and is told who refused it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from data_kernel_testing.in_process import client_of, open_kernel, settings_in
from data_kernel_testing.kernel_process import MOVIE

from data_kernel.application.hooks import Candidate
from data_kernel.application.kernel import Kernel
from data_kernel.main import build
from shared.errors import Unsupported
from shared.security import issue_user_token, make_user_token_secret

DOCUMENT = "/api/document/{path}"
CONTEXT = {"@type": "@context", "@base": "terminusdb:///data/", "@schema": "terminusdb:///schema#"}
PATH = "/api/document/admin/free"
SAID = "author=a&message=m"
# Each is tried on a database with the classes Movie and Unused and the document Movie/A.
WRITES: list[tuple[str, dict[str, Any]]] = [
    ("POST", {"url": f"{PATH}?{SAID}", "json": {"@type": "Movie", "title": "New"}}),
    ("PUT", {"url": f"{PATH}?{SAID}", "json": {"@type": "Movie", "title": "A", "year": 1}}),
    ("PUT", {"url": f"{PATH}?{SAID}&create=true", "json": {"@type": "Movie", "title": "New"}}),
    ("DELETE", {"url": f"{PATH}?{SAID}&id=Movie/A"}),
    ("DELETE", {"url": f"{PATH}?{SAID}&type=Movie"}),
    ("DELETE", {"url": f"{PATH}?{SAID}&nuke=true"}),
    ("DELETE", {"url": f"{PATH}?{SAID}", "json": ["Movie/A"]}),
    ("POST", {"url": f"{PATH}?{SAID}&graph_type=schema", "json": {**MOVIE, "@id": "Other"}}),
    ("POST", {"url": f"{PATH}?{SAID}&graph_type=schema&full_replace=true", "json": [CONTEXT, MOVIE]}),
    ("PUT", {"url": f"{PATH}?{SAID}&graph_type=schema&create=true", "json": {**MOVIE, "@id": "Other"}}),
    ("DELETE", {"url": f"{PATH}?{SAID}&graph_type=schema&id=Unused"}),
]
PREFIX = "/api/prefix/admin/free"
PREFIX_WRITES: list[tuple[str, dict[str, Any]]] = [
    ("POST", {"url": f"{PREFIX}/other", "json": {"uri": "http://other.example/"}}),
    ("PUT", {"url": f"{PREFIX}/ex", "json": {"uri": "http://other.example/"}}),
    ("DELETE", {"url": f"{PREFIX}/ex"}),
]
SAYS = {"author": "a", "message": "m"}
MAIN = "admin/free/local/branch/main"
# Below `/api/<area>/admin/free`, each with the author that it has.
MOVES: list[tuple[str, dict[str, Any], str]] = [
    ("patch", {"patch": {"@id": "Movie/A", "year": {"@op": "SwapValue", "@before": None, "@after": 1}}, **SAYS}, "a"),
    ("apply", {"before_commit": "main", "after_commit": "main", "commit_info": SAYS}, "a"),
    ("rebase", {"author": "a", "rebase_from": MAIN}, "a"),
    ("squash", {"commit_info": SAYS}, "a"),
    ("reset", {"commit_descriptor": "0" * 31}, "alice@data-kernel"),
    ("migration", {"operations": [{"@type": "DeleteClass", "class": "Unused"}], **SAYS}, "a"),
]
# These make no commit, or one that is a branch's first (which the platform makes, by the same pipeline).
OTHERS = {
    *((method, "/api/db/{organisation}/{database}") for method in ("POST", "PUT", "DELETE")),
    *((method, "/api/branch/{path}") for method in ("POST", "DELETE")),
    *(("POST", f"/api/{area}") for area in ("schema/{path}", "diff", "diff/{path}", "patch", "optimize/{path}")),
}


class Refusal:
    """A validator that refuses every write and notes it."""

    name = "refusal"

    def __init__(self) -> None:
        self.armed = False
        self.seen: list[Candidate] = []

    async def __call__(self, candidate: Candidate) -> None:
        if self.armed:
            self.seen.append(candidate)
            raise Unsupported("refused by the test")


@pytest.fixture
def refusal() -> Refusal:
    return Refusal()


@pytest.fixture
async def kernel_in_process(tmp_path: Path, refusal: Refusal) -> AsyncIterator[Kernel]:
    async with open_kernel(tmp_path, [refusal]) as opened:
        yield opened


@pytest.fixture
async def http_in_process(
    tmp_path: Path, kernel_in_process: Kernel, refusal: Refusal
) -> AsyncIterator[httpx2.AsyncClient]:
    token = issue_user_token(make_user_token_secret(tmp_path / "jwt.secret"), "alice")
    bearer = {"authorization": f"Bearer {token}"}
    async with client_of(build(settings_in(tmp_path)), {"kernel": kernel_in_process}, bearer) as client:
        assert (await client.post("/api/db/admin/free", json={"label": "L"})).status_code == 200
        classes = [MOVIE, {**MOVIE, "@id": "Unused"}]
        assert (await client.post(f"{PATH}?{SAID}&graph_type=schema", json=classes)).status_code == 200
        assert (await client.post(f"{PATH}?{SAID}", json={"@type": "Movie", "title": "A"})).status_code == 200
        assert (await client.post(f"{PREFIX}/ex", json={"uri": "http://ex.example/"})).status_code == 201
        refusal.armed = True
        yield client


def test_all_routes_are_known_as_writes_or_as_something_else(tmp_path: Path) -> None:
    paths = build(settings_in(tmp_path)).openapi()["paths"]
    found = {
        (method.upper(), path)
        for path, item in paths.items()
        for method in item
        if path.startswith("/api/") and method not in {"get", "head", "parameters"}
    }
    assert found == {(method, DOCUMENT) for method, _ in WRITES} | {
        *((method, "/api/prefix/{path}") for method, _ in PREFIX_WRITES),
        *(("POST", f"/api/{area}/{{path}}") for area, _, _ in MOVES),
        *OTHERS,
    }


@pytest.mark.parametrize(("area", "body", "author"), MOVES, ids=[area for area, _, _ in MOVES])
async def test_a_move_passes(
    http_in_process: httpx2.AsyncClient,
    kernel_in_process: Kernel,
    refusal: Refusal,
    area: str,
    body: dict[str, Any],
    author: str,
) -> None:
    before = (await kernel_in_process.store.get_branch("free", "main")).head
    refused = await http_in_process.post(f"/api/{area}/admin/free", json=body)
    assert (refused.status_code, refused.json()["api:message"]) == (501, "refused by the test")
    (candidate,) = refusal.seen
    said = candidate.attribution
    assert (said.author, said.actor, said.route) == (author, "alice@data-kernel", f"/api/{area}/{{path}}")
    assert (await kernel_in_process.store.get_branch("free", "main")).head == before


@pytest.mark.parametrize(("method", "request_"), [*WRITES, *PREFIX_WRITES])
async def test_a_write_passes(
    http_in_process: httpx2.AsyncClient,
    kernel_in_process: Kernel,
    refusal: Refusal,
    method: str,
    request_: dict[str, Any],
) -> None:
    before = (await kernel_in_process.store.get_branch("free", "main")).head
    refused = await http_in_process.request(method, **request_)
    assert (refused.status_code, refused.headers["x-oms-reason"]) == (501, "UNSUPPORTED")
    assert refused.json()["api:message"] == "refused by the test"
    (candidate,) = refusal.seen
    author, route = ("api", "/api/prefix/{path}") if request_["url"].startswith(PREFIX) else ("a", DOCUMENT)
    assert (candidate.attribution.author, candidate.attribution.actor) == (author, "alice@data-kernel")
    assert candidate.attribution.route == route
    assert (await kernel_in_process.store.get_branch("free", "main")).head == before
