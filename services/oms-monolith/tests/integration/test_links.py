"""Link types and links over a real kernel."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from support.platform import Platform

from processes import Options

PERSON = {
    "name": "Person",
    "primaryKey": ["name"],
    "properties": [{"name": "name", "baseType": "string", "required": True}],
}
TEAM = {**PERSON, "name": "Team"}
MEMBERS = {
    "name": "members",
    "sourceType": "Team",
    "targetType": "Person",
    "cardinality": "many",
    "inverse": "teams",
    "description": "who plays",
}
LEAD = {"name": "lead", "sourceType": "Team", "targetType": "Person"}


@pytest.fixture(scope="module", params=["off", "on"], ids=lambda value: f"gateway-{value}")
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    options = Options(use_gateway=request.param)
    with Platform(tmp_path_factory.mktemp("oms"), only=["nats", "data-kernel", "oms"], options=options) as started:
        started.wait_ready()
        headers = started.authorization()
        with httpx2.Client(base_url=started.oms_url, headers=headers) as alice:
            for each in (PERSON, TEAM):
                alice.post("/api/v1/object-types", json=each).raise_for_status()
            for each in (MEMBERS, LEAD):
                alice.post("/api/v1/link-types", json=each).raise_for_status()
            for name in ("ada", "bob", "cleo"):
                alice.post("/api/v1/objects/Person", json={"name": name}).raise_for_status()
        yield started


@pytest.fixture
async def alice(platform: Platform) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=platform.oms_url, headers=platform.authorization(), timeout=30) as client:
        yield client


async def test_link_types_are_shown_as_they_were_defined(alice: httpx2.AsyncClient) -> None:
    assert (await alice.get("/api/v1/link-types")).json() == {"linkTypes": [LEAD, MEMBERS]}
    assert (await alice.get("/api/v1/link-types/members")).json() == MEMBERS
    assert (await alice.get("/api/v1/object-types/Team")).json() == TEAM
    assert (await alice.get("/api/v1/link-types/none")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({**LEAD, "name": "name"}, 400, "/name"),
        ({**LEAD, "name": "x", "targetType": "Nobody"}, 400, "/targetType"),
        ({**LEAD, "name": "x", "inverse": "teams"}, 400, "/inverse"),
        ({**LEAD, "name": "x", "sourceType": "Nobody"}, 404, "name"),
        (LEAD, 409, "/name"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(
    alice: httpx2.AsyncClient, wrong: dict[str, str], status: int, field: str
) -> None:
    refused = await alice.post("/api/v1/link-types", json=wrong)
    assert (refused.status_code, refused.json()["field"]) == (status, field), refused.text


async def test_the_same_definition_under_one_key_is_one_definition(alice: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": "define"}
    link = {**LEAD, "name": "deputy"}
    first = await alice.post("/api/v1/link-types", json=link, headers=headers)
    again = await alice.post("/api/v1/link-types", json=link, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert first.json()["changed"]
    assert (await alice.delete("/api/v1/link-types/deputy")).status_code == 200
    assert (await alice.get("/api/v1/link-types/deputy")).status_code == 404


async def test_an_object_type_keeps_its_links_when_it_is_redefined(alice: httpx2.AsyncClient) -> None:
    wider = {**TEAM, "properties": [*TEAM["properties"], {"name": "city", "baseType": "string"}]}
    assert (await alice.put("/api/v1/object-types/Team", json=wider)).status_code == 200
    assert (await alice.get("/api/v1/link-types/members")).json() == MEMBERS
    assert (await alice.get("/api/v1/object-types/Team")).json() == wider
    clash = {**TEAM, "properties": [*TEAM["properties"], {"name": "lead", "baseType": "string"}]}
    refused = await alice.put("/api/v1/object-types/Team", json=clash)
    assert (refused.status_code, refused.json()["field"]) == (400, "/properties")
    assert (await alice.put("/api/v1/object-types/Team", json=TEAM)).status_code == 200


async def test_objects_are_linked_shown_by_the_page_and_unlinked(alice: httpx2.AsyncClient) -> None:
    team = "/api/v1/objects/Team/reds"
    assert (await alice.post("/api/v1/objects/Team", json={"name": "reds"})).status_code == 201
    for who in ("cleo", "ada", "bob", "ada"):
        linked = await alice.put(f"{team}/links/members/{who}")
        assert linked.status_code == 200, linked.text
    assert not linked.json()["changed"]
    first = (await alice.get(f"{team}/links/members", params={"pageSize": 2})).json()
    assert first["targets"] == ["Person/ada", "Person/bob"]
    token = first["nextPageToken"]
    rest = (await alice.get(f"{team}/links/members", params={"pageSize": 2, "pageToken": token})).json()
    assert rest == {"targets": ["Person/cleo"], "nextPageToken": ""}
    assert (await alice.delete(f"{team}/links/members/Person/bob")).json()["changed"]
    assert not (await alice.delete(f"{team}/links/members/bob")).json()["changed"]
    assert (await alice.get(f"{team}/links/members")).json()["targets"] == ["Person/ada", "Person/cleo"]


async def test_a_link_to_one_moves(alice: httpx2.AsyncClient) -> None:
    team = "/api/v1/objects/Team/blues"
    await alice.post("/api/v1/objects/Team", json={"name": "blues"})
    await alice.put(f"{team}/links/lead/ada")
    await alice.put(f"{team}/links/lead/bob")
    assert (await alice.get(f"{team}/links/lead")).json()["targets"] == ["Person/bob"]
    assert (await alice.delete(f"{team}/links/lead/bob")).status_code == 200
    assert (await alice.get(team)).json() == {"@id": "Team/blues", "@type": "Team", "name": "blues"}


async def test_a_link_leads_only_where_something_is(alice: httpx2.AsyncClient) -> None:
    await alice.post("/api/v1/objects/Team", json={"name": "greens"})
    lost = await alice.put("/api/v1/objects/Team/greens/links/lead/nobody")
    assert (lost.status_code, lost.json()["violations"][0]["rule"]) == (422, "reference")
    unknown = await alice.put("/api/v1/objects/Team/greens/links/friend/ada")
    assert (unknown.status_code, unknown.json()["field"]) == (404, "link")
    assert (await alice.get("/api/v1/objects/Person/ada/links/teams")).status_code == 501
    await alice.put("/api/v1/objects/Team/greens/links/members/ada")
    assert (await alice.delete("/api/v1/link-types/members")).status_code == 422
    assert (await alice.delete("/api/v1/objects/Person/ada")).status_code == 422


async def test_links_made_at_once_are_all_kept(alice: httpx2.AsyncClient) -> None:
    team = "/api/v1/objects/Team/golds"
    await alice.post("/api/v1/objects/Team", json={"name": "golds"})
    answers = await asyncio.gather(*(alice.put(f"{team}/links/members/{who}") for who in ("ada", "bob", "cleo")))
    assert [each.status_code for each in answers] == [200, 200, 200]
    assert len((await alice.get(f"{team}/links/members")).json()["targets"]) == 3
