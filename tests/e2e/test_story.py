"""One story through the whole platform, in every position of the two flags: the same answers, the same events."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import httpx2
import pytest
from cloudevents.core.v1.event import CloudEvent
from support.broker import stored_events
from support.callers import calling_as
from support.platform import Platform
from support.waiting import eventually

from processes import Options
from shared.clients import EventGatewayClient
from shared.clients.event_subscription import Delivery, StartFrom, Subscribe

POSITIONS = [("off", "off"), ("on", "off"), ("off", "on"), ("on", "on")]
BRANCH = "dev/oms/main"
ALIEN = {"@id": "Movie/Alien", "@type": "Movie", "title": "Alien", "year": 1979, "rating": 8.50}
MOVIE = {
    "name": "Movie",
    "primaryKey": ["title"],
    "properties": [
        {"name": "title", "baseType": "string", "required": True, "searchable": True},
        {"name": "year", "baseType": "integer"},
        {"name": "rating", "baseType": "decimal"},
        {"name": "genre", "baseType": "string", "enum": ["drama", "horror"]},
        {"name": "sequelOf", "baseType": "reference", "targetType": "Movie"},
    ],
}


@pytest.fixture(params=POSITIONS, ids=lambda flags: f"gateway-{flags[0]}-events-{flags[1]}")
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    use_gateway, use_event_gateway = request.param
    # What a position does not use is not started.
    names = ["redis", "nats", "data-kernel", "oms", *(["event-gateway"] if use_event_gateway == "on" else [])]
    options = Options(use_gateway=use_gateway, use_event_gateway=use_event_gateway)
    with Platform(tmp_path_factory.mktemp("story"), only=names, options=options) as started:
        started.wait_ready()
        yield started


async def test_the_story(platform: Platform) -> None:
    async with httpx2.AsyncClient(base_url=platform.oms_url, headers=platform.authorization()) as alice:
        await define_the_type(alice)
        first = await create_and_read(alice)
        await refuse_what_is_wrong(alice, first)
        await change_and_travel_in_time(alice, first)
        await list_and_delete(alice)
    await hold_the_log_to_account(platform)
    events = await all_announced(platform, 8)
    assert [(event.get_type(), event.get_subject()) for event in events if "schema" not in event.get_type()] == [
        ("io.oms.commit.v1", BRANCH),
        ("io.oms.commit.v1", BRANCH),
        ("io.oms.document.created.v1", "Movie/Alien"),
        ("io.oms.commit.v1", BRANCH),
        ("io.oms.document.updated.v1", "Movie/Alien"),
        ("io.oms.commit.v1", BRANCH),
        ("io.oms.document.created.v1", "Movie/Aliens"),
        ("io.oms.commit.v1", BRANCH),
        ("io.oms.document.deleted.v1", "Movie/Aliens"),
    ]
    (own,) = [event for event in events if event.get_type() == "io.oms.schema.changed.v1"]
    assert own.get_subject() == "Movie"
    assert own.get_source() == "urn:oms:dev:oms"
    if "event-gateway" in platform.names:
        await see_it_as_a_durable_subscriber(platform, [event.get_id() for event in events])


async def define_the_type(alice: httpx2.AsyncClient) -> None:
    defined = await alice.post("/api/v1/object-types", json=MOVIE)
    assert defined.status_code == 201
    assert without_commit(defined) == {"id": "Movie", "branch": BRANCH, "changed": True}
    assert (await alice.get("/api/v1/object-types/Movie")).json() == MOVIE
    again = await alice.post("/api/v1/object-types", json=MOVIE)
    assert (again.status_code, again.json()["reason"]) == (409, "ALREADY_EXISTS")


async def create_and_read(alice: httpx2.AsyncClient) -> str:
    created = await alice.post("/api/v1/objects/Movie", content=b'{"title":"Alien","year":1979,"rating":8.50}')
    assert created.status_code == 201
    assert without_commit(created) == {"id": "Movie/Alien", "branch": BRANCH, "changed": True}
    assert created.headers["location"] == "/api/v1/objects/Movie/Alien"
    read = await alice.get("/api/v1/objects/Movie/Alien")
    assert read.content == b'{"@id":"Movie/Alien","@type":"Movie","rating":8.5,"title":"Alien","year":1979}'
    return str(created.json()["commit"])


async def refuse_what_is_wrong(alice: httpx2.AsyncClient, head: str) -> None:
    wrong = {"year": "soon", "genre": "musical", "colour": "red", "sequelOf": "Movie/None"}
    refused = await alice.post("/api/v1/objects/Movie", json=wrong)
    assert (refused.status_code, refused.json()["reason"]) == (422, "VALIDATION_FAILED")
    assert {(each["path"], each["rule"]) for each in refused.json()["violations"]} == {
        ("Movie#/year", "wrong_type"),
        ("Movie#/genre", "enum_value"),
        ("Movie#/colour", "unknown_property"),
        ("Movie#/title", "required"),
        ("Movie#/sequelOf", "reference"),
    }
    twice = await alice.post("/api/v1/objects/Movie", json={"title": "Alien"})
    assert (twice.status_code, twice.json()["reason"]) == (409, "ALREADY_EXISTS")
    missing = await alice.get("/api/v1/objects/Movie/None")
    assert (missing.status_code, missing.json()["reason"]) == (404, "NOT_FOUND")
    assert (await alice.get("/api/v1/objects/Movie")).json()["commit"] == head


async def change_and_travel_in_time(alice: httpx2.AsyncClient, first: str) -> None:
    patched = await alice.patch("/api/v1/objects/Movie/Alien", json={"year": 1980, "rating": None})
    assert (patched.status_code, patched.json()["changed"]) == (200, True)
    now = (await alice.get("/api/v1/objects/Movie/Alien")).json()
    assert now == {"@id": "Movie/Alien", "@type": "Movie", "title": "Alien", "year": 1980}
    before = await alice.get("/api/v1/objects/Movie/Alien", params={"rev": first})
    assert before.json() == ALIEN
    same = await alice.put("/api/v1/objects/Movie/Alien", json=now)
    assert (same.status_code, same.json()["changed"]) == (200, False)
    assert same.json()["commit"] == patched.json()["commit"]


async def list_and_delete(alice: httpx2.AsyncClient) -> None:
    await alice.post("/api/v1/objects/Movie", json={"title": "Aliens", "sequelOf": "Movie/Alien"})
    needed = await alice.delete("/api/v1/objects/Movie/Alien")
    assert (needed.status_code, [each["rule"] for each in needed.json()["violations"]]) == (422, ["referenced"])
    page = (await alice.get("/api/v1/objects/Movie", params={"pageSize": 1})).json()
    assert [each["title"] for each in page["objects"]] == ["Alien"]
    rest = await alice.get("/api/v1/objects/Movie", params={"pageSize": 1, "pageToken": page["nextPageToken"]})
    assert [each["title"] for each in rest.json()["objects"]] == ["Aliens"]
    assert rest.json()["nextPageToken"] == ""
    deleted = await alice.delete("/api/v1/objects/Movie/Aliens")
    assert (deleted.status_code, deleted.json()["changed"]) == (200, True)


async def hold_the_log_to_account(platform: Platform) -> None:
    async with httpx2.AsyncClient(base_url=platform.kernel_url, headers=platform.authorization()) as alice:
        commits = (await alice.get("/db/oms/log")).json()["commits"]
    assert len(commits) == 5
    for commit in commits:
        assert (commit["author"], commit["actor"], commit["service"]) == ("alice@oms", "alice@oms", "oms")
        assert commit["branch"] == BRANCH
        assert len(commit["trace_id"]) == 32
    assert [commit["message"] for commit in reversed(commits)] == [
        "[oms] POST /api/v1/object-types",
        "[oms] POST /api/v1/objects/{type_name}",
        "[oms] PATCH /api/v1/objects/{type_name}/{key}",
        "[oms] POST /api/v1/objects/{type_name}",
        "[oms] DELETE /api/v1/objects/{type_name}/{key}",
    ]


async def all_announced(platform: Platform, at_least: int) -> list[CloudEvent]:
    """The events in the broker once the outbox is empty."""

    async def outbox_is_empty() -> bool:
        async with httpx2.AsyncClient(base_url=platform.kernel_url, headers=platform.authorization("admin")) as admin:
            standing = (await admin.get("/admin/outbox")).json()
        assert standing["dead_letters"] == []
        return bool(standing["depth"] == 0)

    await eventually(outbox_is_empty, what="an empty outbox")
    events = await stored_events(platform.nats_url)
    assert len(events) >= at_least
    return events


async def see_it_as_a_durable_subscriber(platform: Platform, expected: list[str]) -> None:
    """Half of it, then the connection goes, then the rest: at least once, and not from the beginning again."""
    asked = Subscribe(durable_name="story", start=StartFrom(all=True))
    first = await taken(platform, asked, set(expected[: len(expected) // 2]))
    rest = await taken(platform, asked, set(expected) - ids_of(first))
    assert ids_of(first) | ids_of(rest) == set(expected)
    assert rest[0].event.get_id() not in expected[:2]
    assert all(each.event.get_extension("partitionkey") == f"oms/{BRANCH}" for each in [*first, *rest])


def ids_of(deliveries: list[Delivery]) -> set[str]:
    return {delivery.event.get_id() for delivery in deliveries}


async def taken(platform: Platform, asked: Subscribe, wanted: set[str]) -> list[Delivery]:
    """Deliveries, acknowledged one by one, until all that are wanted have come."""
    deliveries: list[Delivery] = []
    client = EventGatewayClient(platform.gateway_grpc)
    with calling_as(platform):
        async with asyncio.timeout(30), aclosing(client.subscribe(asked)) as source:
            async for delivery in source:
                await delivery.ack()
                deliveries.append(delivery)
                if wanted <= ids_of(deliveries):
                    break
    await client.close()
    return deliveries


def without_commit(response: httpx2.Response) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert len(body.pop("commit")) == 31
    return body
