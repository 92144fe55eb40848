"""A deletion over `/api` that would leave references behind: it names those that stay, as they would be."""

from typing import Any

import httpx2
import pytest

SAID = {"author": "someone@example.com", "message": "why"}
PERSON = {"@type": "Class", "@id": "Person", "@key": {"@type": "Lexical", "@fields": ["name"]}, "name": "xsd:string"}
PLAY = {
    "@type": "Class",
    "@id": "Play",
    "@key": {"@type": "Lexical", "@fields": ["name"]},
    "name": "xsd:string",
    "director": "Person",
    "crew": {"@type": "Set", "@class": "Person"},
}
SCHEMA, DATA = "terminusdb:///schema#", "terminusdb:///data/"


def play(name: str, director: str, *crew: str) -> dict[str, object]:
    people: list[str] = [f"Person/{each}" for each in crew]
    return {"@type": "Play", "name": name, "director": f"Person/{director}", "crew": people}


def person(name: str) -> dict[str, object]:
    return {"@type": "Person", "name": name}


def lacks(name: str) -> dict[str, str]:
    ends = {"instance": f"{DATA}Play/{name}", "class": f"{SCHEMA}Person", "predicate": f"{SCHEMA}director"}
    return {"@type": "instance_not_cardinality_one", **ends}


@pytest.fixture
def plays(http: httpx2.Client, free_db: str) -> str:
    """The path of a database where P directs both plays and O works on one."""
    path = f"/api/document/admin/{free_db}"
    assert http.post(path, params={**SAID, "graph_type": "schema"}, json=[PERSON, PLAY]).status_code == 200
    documents = [person("P"), person("O"), play("A", "P"), play("B", "P", "O")]
    assert http.post(path, params=SAID, json=documents).status_code == 200
    return path


def witnesses(response: httpx2.Response) -> list[Any]:
    assert response.status_code == 400
    error = response.json()["api:error"]
    assert error["@type"] == "api:SchemaCheckFailure"
    told: list[Any] = error["api:witnesses"]
    return told


def test_what_goes_along_is_not_told(http: httpx2.Client, plays: str) -> None:
    both = http.request("DELETE", plays, params=SAID, json=["Person/P", "Play/A"])
    assert witnesses(both) == [lacks("B")]
    by_class = http.request("DELETE", plays, params={**SAID, "type": "Person"})
    untyped = {"object": f"{DATA}Person/O", "predicate": f"{SCHEMA}crew", "subject": f"{DATA}Play/B"}
    assert witnesses(by_class) == [{"@type": "references_untyped_object", **untyped}, lacks("B"), lacks("A")]


def test_what_a_whole_replacement_gives_counts_as_it_is_given(http: httpx2.Client, plays: str) -> None:
    full = {**SAID, "full_replace": "true"}
    refused = http.post(plays, params=full, json=[person("O"), play("A", "P"), play("B", "O")])
    assert witnesses(refused) == [lacks("A")]
    assert http.post(plays, params=full, json=[person("O"), play("B", "O")]).status_code == 200
