"""The monolith over a real kernel: what the story does not tell."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from support.platform import Platform

NOTE = {
    "name": "Note",
    "primaryKey": ["key"],
    "properties": [
        {"name": "key", "baseType": "string", "required": True},
        {"name": "count", "baseType": "integer"},
        {"name": "price", "baseType": "decimal"},
        {"name": "mood", "baseType": "string", "enum": ["calm", "loud"]},
        {"name": "extra", "baseType": "json"},
    ],
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(tmp_path_factory.mktemp("oms"), only=["nats", "data-kernel", "oms"]) as started:
        started.wait_ready()
        headers = started.authorization()
        httpx2.post(f"{started.oms_url}/api/v1/object-types", json=NOTE, headers=headers).raise_for_status()
        yield started


@pytest.fixture
async def alice(platform: Platform) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=platform.oms_url, headers=platform.authorization(), timeout=30) as client:
        yield client


async def test_digits_come_back_as_they_went(alice: httpx2.AsyncClient) -> None:
    big = b'{"key":"big","count":123456789012345678901234567890,"price":3.14159265358979323846,"extra":[1,1.0,1e0]}'
    assert (await alice.post("/api/v1/objects/Note", content=big)).status_code == 201
    read = (await alice.get("/api/v1/objects/Note/big")).content
    assert b'"count":123456789012345678901234567890' in read
    assert b'"price":3.14159265358979323846' in read
    assert b'"extra":[1,1.0,1e0]' in read


async def test_an_id_with_every_odd_character_is_found_again(alice: httpx2.AsyncClient) -> None:
    created = await alice.post("/api/v1/objects/Note", json={"key": "50% / ? # ü .."})
    assert created.status_code == 201
    read = await alice.get(created.headers["location"])
    assert read.json()["key"] == "50% / ? # ü .."
    assert (await alice.delete(created.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"{", 400, "INVALID_INPUT"),
        (b"", 400, "INVALID_INPUT"),
        (b"[]", 400, "INVALID_INPUT"),
        (b'{"key":"a","key":"b"}', 400, "INVALID_INPUT"),
        (b'{"key":NaN}', 400, "INVALID_INPUT"),
        (b'{"key":"\\ud800"}', 400, "INVALID_INPUT"),
        (b'{"key":"a","count":' + b"9" * 5000 + b"}", 400, "INVALID_INPUT"),
        (b'{"key":"a","extra":' + b"[" * 200 + b"]" * 200 + b"}", 400, "INVALID_INPUT"),
        (b'{"key":"a","@type":"Other"}', 400, "INVALID_INPUT"),
        (b'{"key":"a","@id":"Note/b"}', 422, "VALIDATION_FAILED"),
    ],
)
async def test_bad_bodies_are_told_apart(alice: httpx2.AsyncClient, body: bytes, status: int, reason: str) -> None:
    answer = await alice.post("/api/v1/objects/Note", content=body)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_a_bad_type_definition_names_the_field(alice: httpx2.AsyncClient) -> None:
    answer = await alice.post("/api/v1/object-types", json={"name": "No_Good", "properties": [{"name": "x"}]})
    assert answer.status_code == 400
    assert "baseType" in answer.text
    assert "name" in answer.text


async def test_nobody_writes_without_a_token(platform: Platform) -> None:
    async with httpx2.AsyncClient(base_url=platform.oms_url) as nobody:
        for method, path in (("POST", "/api/v1/objects/Note"), ("GET", "/api/v1/object-types"), ("GET", "/nowhere")):
            assert (await nobody.request(method, path)).status_code == 401
        assert (await nobody.get("/healthz")).status_code == 200


async def test_a_repeated_key_answers_the_same_and_another_body_is_a_conflict(alice: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await alice.post("/api/v1/objects/Note", json={"key": "once"}, headers=headers)
    again = await alice.post("/api/v1/objects/Note", json={"key": "once"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = await alice.post("/api/v1/objects/Note", json={"key": "other"}, headers=headers)
    assert other.status_code == 409


async def test_a_type_can_be_redefined_and_drops_what_it_no_longer_uses(alice: httpx2.AsyncClient) -> None:
    first = {**NOTE, "name": "Draft"}
    second = {**first, "properties": [each for each in NOTE["properties"] if each["name"] != "mood"]}
    assert (await alice.post("/api/v1/object-types", json=first)).status_code == 201
    redefined = await alice.put("/api/v1/object-types/Draft", json=second, headers={"Idempotency-Key": "redefine"})
    assert redefined.status_code == 200, redefined.text
    assert (await alice.get("/api/v1/object-types/Draft")).json() == second
    removed = await alice.delete("/api/v1/object-types/Draft")
    assert (removed.status_code, removed.json()["id"]) == (200, "Draft")
    assert (await alice.get("/api/v1/object-types/Draft")).status_code == 404
    assert (await alice.put("/api/v1/object-types/Draft", json=second)).status_code == 404


async def test_a_type_with_objects_stays(alice: httpx2.AsyncClient) -> None:
    await alice.post("/api/v1/objects/Note", json={"key": "holds"})
    refused = await alice.delete("/api/v1/object-types/Note")
    assert (refused.status_code, refused.json()["violations"][0]["rule"]) == (422, "class_in_use")


async def test_a_dry_run_commits_nothing(alice: httpx2.AsyncClient) -> None:
    tried = await alice.post("/api/v1/objects/Note", params={"dryRun": True}, json={"key": "dry"})
    assert tried.status_code == 201
    assert (await alice.get("/api/v1/objects/Note/dry")).status_code == 404


async def test_a_page_token_of_another_listing_is_refused(alice: httpx2.AsyncClient) -> None:
    for key in ("p1", "p2"):
        await alice.post("/api/v1/objects/Note", json={"key": key})
    token = (await alice.get("/api/v1/objects/Note", params={"pageSize": 1})).json()["nextPageToken"]
    assert token
    wrong = await alice.get("/api/v1/objects/Note", params={"pageSize": 1, "pageToken": token[:-2] + "AA"})
    assert (wrong.status_code, wrong.json()["reason"]) == (400, "INVALID_INPUT")


async def test_without_the_kernel_there_is_an_answer_soon(platform: Platform, alice: httpx2.AsyncClient) -> None:
    platform.kill("data-kernel")
    try:
        answer = await alice.get("/api/v1/objects/Note/big")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert (await alice.get("/readyz")).status_code == 503
        assert (await alice.get("/healthz")).status_code == 200
    finally:
        platform.start("data-kernel")
        platform.wait_ready("data-kernel")
