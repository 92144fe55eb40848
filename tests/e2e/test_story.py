"""One story through the whole platform, in the positions of the rollout: the same answers, the same events."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
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

GATEWAY, EMBEDDING, SCHEDULER, EVENTS = "use_gateway", "use_embedding_ms", "use_scheduler_ms", "use_event_gateway"
# The rollout in its order, and the events' flag turned first.
FIRST, LAST = (), (GATEWAY, EMBEDDING, SCHEDULER, EVENTS)
BETWEEN = [(GATEWAY,), (GATEWAY, EMBEDDING), (GATEWAY, EMBEDDING, SCHEDULER)]
POSITIONS = [FIRST, LAST, (EVENTS,), *(pytest.param(each, marks=pytest.mark.long) for each in BETWEEN)]
STARTED_FOR = {
    EMBEDDING: ("embedding",),
    SCHEDULER: ("scheduler", "scheduler-worker"),
    EVENTS: ("event-gateway",),
}
BRANCH = "dev/oms/main"
REMINDER = "io.oms.test.reminder.v1"
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


@pytest.fixture(params=POSITIONS, ids=lambda on: "+".join(on) or "all-off")
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    on: tuple[str, ...] = request.param
    # What a position does not use is not started.
    names = ["redis", "nats", "data-kernel", "oms", *(name for flag in on for name in STARTED_FOR.get(flag, ()))]
    options = Options(**{flag: "on" if flag in on else "off" for flag in LAST})
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
        await find_by_meaning(alice)
        await let_a_job_fire(alice)
    await hold_the_log_to_account(platform)
    announced = await all_announced(platform, 9)
    # What embedding and scheduler keep on branches of their own is announced as well.
    events = [event for event in announced if event.get_extension("partitionkey") == f"oms/{BRANCH}"]
    assert [event.get_subject() for event in announced if event.get_type() == REMINDER] == ["Movie/Alien"]
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


async def find_by_meaning(alice: httpx2.AsyncClient) -> None:
    async def found() -> list[dict[str, Any]] | None:
        answer = await alice.get("/api/v1/search", params={"q": "a creature from outer space", "type": "Movie"})
        # Searching follows the branch in its own time: the one that was deleted may still be there for a moment.
        return answer.json() if answer.status_code == 200 and len(answer.json()) == 1 else None

    (only,) = await eventually(found, 60, what="a search that finds the movie")
    assert (only["id"], only["type"], only["object"]["title"]) == ("Movie/Alien", "Movie", "Alien")


async def let_a_job_fire(alice: httpx2.AsyncClient) -> None:
    at = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)
    job = {
        "id": "reminder",
        "name": "Remind of the movie",
        "trigger": {"type": "date", "at": at.isoformat().replace("+00:00", "Z")},
        "task": {"type": "event", "event_type": REMINDER, "subject": "Movie/Alien", "data": {}},
    }
    assert (await alice.post("/api/v1/jobs", json=job)).status_code == 201

    async def done() -> list[str] | None:
        executions = (await alice.get("/api/v1/executions", params={"job": "reminder"})).json()["executions"]
        states = [each["state"] for each in executions]
        return states if states and set(states) <= {"succeeded", "dead"} else None

    assert await eventually(done, 60, what="the end of the job's run") == ["succeeded"]


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
    asked = Subscribe(durable_name="story", partition_key=f"oms/{BRANCH}", start=StartFrom(all=True))
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
