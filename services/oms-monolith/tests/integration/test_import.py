"""Bulk import over a real kernel."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from support.platform import Platform
from support.waiting import eventually

from processes import Options

PATH = "/api/v1/objects/Word/import"
WORD = {
    "name": "Word",
    "primaryKey": ["text"],
    "properties": [
        {"name": "text", "baseType": "string", "required": True},
        {"name": "rank", "baseType": "integer"},
        {"name": "wider", "baseType": "reference", "targetType": "Word"},
    ],
}
STAMP = {
    "name": "Stamp",
    "primaryKey": ["at"],
    "properties": [
        {"name": "at", "baseType": "datetime", "required": True},
        {"name": "note", "baseType": "string"},
    ],
}
SCRAP = {"name": "Scrap", "properties": [{"name": "text", "baseType": "string", "required": True}]}


@pytest.fixture(scope="module", params=["off", "on"], ids=lambda value: f"gateway-{value}")
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    options = Options(use_gateway=request.param)
    with Platform(tmp_path_factory.mktemp("oms"), only=["nats", "data-kernel", "oms"], options=options) as started:
        started.wait_ready()
        for each in (WORD, STAMP, SCRAP):
            headers = started.authorization()
            httpx2.post(f"{started.oms_url}/api/v1/object-types", json=each, headers=headers).raise_for_status()
        yield started


@pytest.fixture
async def alice(platform: Platform) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=platform.oms_url, headers=platform.authorization(), timeout=60) as client:
        yield client


def ndjson(*values: Any) -> bytes:
    return b"".join((value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n" for value in values)


async def imported(alice: httpx2.AsyncClient, body: bytes, path: str = PATH, **params: Any) -> list[dict[str, Any]]:
    answer = await alice.post(path, content=body, params=params, headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_many_objects_come_in_few_commits_with_progress(alice: httpx2.AsyncClient) -> None:
    steps = await imported(alice, ndjson(*({"text": f"w{number:05}"} for number in range(2500))))
    assert [(each["line"], each["written"]) for each in steps] == [
        (1000, 1000),
        (2000, 2000),
        (2500, 2500),
        (2500, 2500),
    ]
    assert [each.get("done") for each in steps] == [None, None, None, True]
    assert len({each["commit"] for each in steps}) == 3
    assert steps[-1]["branch"] == "dev/oms/main"
    page = (await alice.get("/api/v1/objects/Word", params={"pageSize": 1000})).json()
    assert page["objects"][0] == {"@id": "Word/w00000", "@type": "Word", "text": "w00000"}


async def test_a_bad_line_is_told_by_number_and_stops_no_other(alice: httpx2.AsyncClient) -> None:
    body = ndjson(
        {"text": "good one"},
        b"{",
        {"text": "bad rank", "rank": "first"},
        {"rank": 3},
        [1],
        {"text": "lost", "wider": "Word/nowhere"},
        b"",
        {"text": "child", "wider": "Word/parent"},
        {"text": "parent"},
        {"text": "of the lost", "wider": "Word/lost"},
        {"text": "typed", "@type": "Other"},
    )
    *told, last = await imported(alice, body)
    reasons = {each["line"]: [v["rule"] for v in each["violations"]] for each in told if "reason" in each}
    assert reasons == {2: [], 3: ["wrong_type"], 4: ["required"], 5: [], 6: ["reference"], 10: ["reference"], 11: []}
    assert (last["done"], last["written"], last["failed"], last["line"]) == (True, 3, 7, 11)
    assert (await alice.get("/api/v1/objects/Word/child")).json()["wider"] == "Word/parent"
    assert (await alice.get("/api/v1/objects/Word/lost")).status_code == 404


async def test_the_later_of_two_lines_for_one_object_holds(alice: httpx2.AsyncClient) -> None:
    last = (await imported(alice, ndjson({"text": "twice", "rank": 1}, {"text": "twice", "rank": 2})))[-1]
    assert (last["written"], last["failed"]) == (2, 0)
    assert (await alice.get("/api/v1/objects/Word/twice")).json()["rank"] == 2


async def test_lines_are_told_where_the_store_alone_knows_the_key(alice: httpx2.AsyncClient) -> None:
    stamps: list[Any] = [{"at": f"2026-01-01T00:00:{second:02}Z", "note": "x"} for second in range(20)]
    stamps[7]["colour"] = "red"
    stamps[13]["at"] = "never"
    *told, last = await imported(alice, ndjson(*stamps), "/api/v1/objects/Stamp/import")
    assert [each["line"] for each in told if "reason" in each] == [8, 14]
    assert (last["written"], last["failed"]) == (18, 2)


async def test_objects_without_a_key_are_told_apart(alice: httpx2.AsyncClient) -> None:
    *told, last = await imported(alice, ndjson({"text": "a"}, {}, {"text": "b"}), "/api/v1/objects/Scrap/import")
    assert [(each["line"], each["violations"][0]["rule"]) for each in told if "reason" in each] == [(2, "required")]
    assert last["written"] == 2


async def test_an_atomic_import_is_one_commit_or_none(alice: httpx2.AsyncClient) -> None:
    bad = ndjson({"text": "atom 1"}, {"text": "atom 2", "rank": "x"}, {"text": "atom 3", "rank": "y"})
    *told, last = await imported(alice, bad, atomic=True)
    assert [each["line"] for each in told] == [2, 3]
    assert (last["done"], last["written"], last["failed"], last["commit"]) == (True, 0, 3, "")
    assert (await alice.get("/api/v1/objects/Word/atom 1")).status_code == 404
    good = await imported(alice, ndjson(*({"text": f"atom {number}"} for number in range(1500))), atomic=True)
    assert [(each["written"], each["done"]) for each in good] == [(1500, True)]


async def test_skipped_lines_are_left_out_and_counted(alice: httpx2.AsyncClient) -> None:
    last = (await imported(alice, ndjson({"text": "skipped"}, {"text": "kept"}), skip=1))[-1]
    assert (last["line"], last["written"]) == (2, 1)
    assert (await alice.get("/api/v1/objects/Word/skipped")).status_code == 404


async def test_what_is_about_no_line_is_a_problem(alice: httpx2.AsyncClient) -> None:
    unknown = await alice.post("/api/v1/objects/Nothing/import", content=ndjson({}))
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "NOT_FOUND")
    forbidden = await alice.post(PATH, content=ndjson({"text": "x"}), params={"branch": "dev/embedding/main"})
    assert forbidden.status_code in {403, 404}, forbidden.text


async def test_an_empty_import_writes_nothing(alice: httpx2.AsyncClient) -> None:
    steps = await imported(alice, b"\n\n")
    assert (steps[-1]["done"], steps[-1]["written"], steps[-1]["line"]) == (True, 0, 2)


async def test_a_body_of_many_commits_arrives_whole(alice: httpx2.AsyncClient) -> None:
    """The body is megabytes, so that its parts come in while progress already goes out."""
    texts = [f"whole-{number:05} " + "x" * 400 for number in range(5000)]
    lines = await imported(alice, ndjson(*({"text": text} for text in texts)))
    assert [line for line in lines if "reason" in line] == []
    assert (lines[-1]["written"], lines[-1]["failed"], lines[-1]["done"]) == (5000, 0, True)


async def test_a_client_that_leaves_in_the_middle_keeps_what_was_committed(alice: httpx2.AsyncClient) -> None:
    class LeftError(Exception):
        pass

    async def half() -> AsyncIterator[bytes]:
        for number in range(1500):
            yield ndjson({"text": f"left-{number:05}"})
        raise LeftError

    with pytest.raises(LeftError):
        await alice.post(PATH, content=half(), headers={"Content-Type": "application/x-ndjson"})

    async def first_thousand_are_there() -> bool:
        return (await alice.get("/api/v1/objects/Word/left-00999")).status_code == 200

    await eventually(first_thousand_are_there, what="the first commit")
    assert (await alice.get("/api/v1/objects/Word/left-01400")).status_code == 404
