"""Semantic search in each position of its flag, and while the embedding-service is away."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx2
import pytest
from support.platform import Platform
from support.waiting import wait_until

ANIMAL = {
    "name": "Animal",
    "primaryKey": ["name"],
    "properties": [
        {"name": "name", "baseType": "string", "required": True},
        {"name": "about", "baseType": "string", "searchable": True},
    ],
}
TOOL = {**ANIMAL, "name": "Tool"}
ABOUT = {
    "Animal/owl": "a bird that hunts at night and has large round eyes",
    "Animal/whale": "a huge mammal that lives in the sea",
    "Tool/hammer": "a heavy head on a handle, for driving nails",
    "Tool/thermometer": "an instrument that measures temperature",
}
POSITIONS = {"off": ["nats", "data-kernel", "oms"], "on": ["redis", "nats", "data-kernel", "embedding", "oms"]}


@pytest.fixture(scope="module", params=POSITIONS, ids=lambda value: f"embedding-{value}")
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    environment = {"oms": {"USE_EMBEDDING_MS": request.param}}
    folder = tmp_path_factory.mktemp("oms")
    with Platform(folder, only=POSITIONS[request.param], environment=environment) as started:
        started.wait_ready()
        with client(started) as alice:
            for each in (ANIMAL, TOOL):
                alice.post("/api/v1/object-types", json=each).raise_for_status()
            for own_id, about in ABOUT.items():
                type_name, name = own_id.split("/")
                body = {"name": name, "about": about}
                alice.post(f"/api/v1/objects/{type_name}", json=body).raise_for_status()
        yield started


@pytest.fixture
def alice(platform: Platform) -> Iterator[httpx2.Client]:
    with client(platform) as alice:
        yield alice


def client(platform: Platform) -> httpx2.Client:
    return httpx2.Client(base_url=platform.oms_url, headers=platform.authorization(), timeout=30)


def found(alice: httpx2.Client, query: str, **params: Any) -> list[dict[str, Any]]:
    answer = alice.get("/api/v1/search", params={"q": query, **params})
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def first(alice: httpx2.Client, query: str, expected: str) -> bool:
    hits = found(alice, query)
    return bool(hits) and hits[0]["id"] == expected


def test_meaning_is_found_where_no_word_is_shared(alice: httpx2.Client) -> None:
    for query, expected in (
        ("nocturnal flying predator", "Animal/owl"),
        ("biggest creature of the ocean", "Animal/whale"),
        ("how hot is it?", "Tool/thermometer"),
    ):
        wait_until(partial(first, alice, query, expected), 30, what=f"{expected} for {query!r}")
    hit, *_ = found(alice, "nocturnal flying predator", type="Animal", limit=1)
    assert hit["object"] == {"@id": "Animal/owl", "@type": "Animal", "name": "owl", "about": ABOUT["Animal/owl"]}
    assert 0 < hit["score"] < 1
    assert hit["type"] == "Animal"


def test_a_type_and_a_limit_narrow_it(alice: httpx2.Client) -> None:
    hits = found(alice, "something", type="Tool", limit=5, objects=False)
    assert {each["id"] for each in hits} == {"Tool/hammer", "Tool/thermometer"}
    assert all("object" not in each for each in hits)
    assert len(found(alice, "something", limit=3)) == 3


def test_changes_are_followed(alice: httpx2.Client) -> None:
    alice.post("/api/v1/objects/Animal", json={"name": "x", "about": "a fish with sharp teeth"}).raise_for_status()
    wait_until(partial(first, alice, "dangerous shark", "Animal/x"), 30, what="the new object")
    alice.patch("/api/v1/objects/Animal/x", json={"about": "a yellow flower"}).raise_for_status()
    wait_until(partial(first, alice, "garden plant in bloom", "Animal/x"), 30, what="the changed object")
    alice.delete("/api/v1/objects/Animal/x").raise_for_status()
    wait_until(lambda: not first(alice, "garden plant in bloom", "Animal/x"), 30, what="the deleted object's end")
    now = {**ANIMAL, "properties": [ANIMAL["properties"][0], {"name": "about", "baseType": "string"}]}
    alice.put("/api/v1/object-types/Animal", json=now).raise_for_status()
    try:
        wait_until(lambda: not found(alice, "bird", type="Animal"), 30, what="the end of what is not searchable")
    finally:
        alice.put("/api/v1/object-types/Animal", json=ANIMAL).raise_for_status()
    wait_until(lambda: len(found(alice, "bird", type="Animal")) == 2 or None, 30, what="what is searchable again")


@pytest.mark.parametrize("params", [{}, {"q": ""}, {"q": " "}, {"q": "x", "limit": 0}, {"q": "x", "type": "no type"}])
def test_bad_questions_are_told(alice: httpx2.Client, params: dict[str, Any]) -> None:
    refused = alice.get("/api/v1/search", params=params)
    assert (refused.status_code, refused.json()["reason"]) == (400, "INVALID_INPUT")


def test_the_board_shows_which_path_served(platform: Platform, alice: httpx2.Client) -> None:
    found(alice, "anything")
    flags = {each["name"]: each for each in alice.get("/api/v1/migration").json()["flags"]}
    assert list(flags) == ["USE_GATEWAY", "USE_EMBEDDING_MS", "USE_SCHEDULER_MS", "USE_EVENT_GATEWAY"]
    own = flags["USE_EMBEDDING_MS"]
    assert own["source"] == "environment"
    served, idle = ("service", "legacy") if own["value"] == "on" else ("legacy", "service")
    assert own["paths"][served]["calls"] > 0
    assert own["paths"][served]["latencyMs"]["p50"] > 0
    assert own["paths"][idle]["calls"] == 0


def test_without_the_service_the_legacy_class_answers_and_the_rest_goes_on(
    platform: Platform, alice: httpx2.Client
) -> None:
    if "embedding" not in platform.names:
        pytest.skip("the legacy class answers anyway in this position")
    platform.kill("embedding")
    try:
        wait_until(partial(first, alice, "nocturnal flying predator", "Animal/owl"), 30, what="the legacy answer")
        assert alice.get("/api/v1/objects/Animal/owl").status_code == 200
        assert 'resilience_fallbacks_total{name="embedding"}' in alice.get("/metrics").text
    finally:
        platform.start("embedding")
        platform.wait_ready("embedding")
    wait_until(partial(served_by_the_service, alice), 30, what="the service's own answers again")


def served_by_the_service(alice: httpx2.Client) -> bool:
    before = service_calls(alice)
    legacy_before = legacy_calls(alice)
    found(alice, "anything")
    return service_calls(alice) > before and legacy_calls(alice) == legacy_before


def service_calls(alice: httpx2.Client) -> int:
    return calls(alice, "service")


def legacy_calls(alice: httpx2.Client) -> int:
    return calls(alice, "legacy")


def calls(alice: httpx2.Client, path: str) -> int:
    flags = {each["name"]: each for each in alice.get("/api/v1/migration").json()["flags"]}
    return int(flags["USE_EMBEDDING_MS"]["paths"][path]["calls"])
