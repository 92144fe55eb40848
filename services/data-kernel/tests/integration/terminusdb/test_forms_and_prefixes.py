"""Prefixes, class frames, and the forms in which documents are asked for and answered."""

import json
from typing import Any

import httpx2
import pytest

SAID = {"author": "a@example.com", "message": "m"}
SCHEMA = {**SAID, "graph_type": "schema"}
PERSON = {"@type": "Class", "@id": "Person", "@key": {"@type": "Lexical", "@fields": ["name"]}, "name": "xsd:string"}
BOOK = {
    "@type": "Class",
    "@id": "Book",
    "@key": {"@type": "Lexical", "@fields": ["title"]},
    "title": "xsd:string",
    "pages": {"@type": "Optional", "@class": "xsd:integer"},
    "authors": {"@type": "Set", "@class": "Person"},
}


@pytest.fixture
def library(http: httpx2.Client, platform_db: str) -> str:
    """A database with two people, and three books of theirs."""
    name = f"library-{platform_db}"
    assert http.post(f"/api/db/admin/{name}", json={"label": "L"}).status_code == 200
    path = f"/api/document/admin/{name}"
    assert http.post(path, params=SCHEMA, json=[PERSON, BOOK]).status_code == 200
    people = [{"@type": "Person", "name": each} for each in ("Ann", "Bob")]
    assert http.post(path, params=SAID, json=people).status_code == 200
    books = [
        {"@type": "Book", "title": "One", "pages": 1, "authors": ["Person/Ann"]},
        {"@type": "Book", "title": "Two", "pages": 2, "authors": ["Person/Ann", "Person/Bob"]},
        {"@type": "Book", "title": "Three"},
    ]
    assert http.post(path, params=SAID, json=books).status_code == 200
    return name


def asked(http: httpx2.Client, database: str, **parameters: str) -> Any:
    return http.get(f"/api/document/admin/{database}", params=parameters).json()


@pytest.mark.parametrize(
    ("template", "titles"),
    [
        ({"pages": 2}, ["Two"]),
        ({"pages": 2.0}, ["Two"]),
        ({"pages": "2"}, []),
        ({"authors": "Person/Ann"}, ["One", "Two"]),
        ({"authors": {"name": "Bob"}}, ["Two"]),
        ({"authors": {"@type": "Person", "name": {"@regex": "^A"}}}, ["One", "Two"]),
        ({"title": {"@regex": "T.*e"}}, ["Three"]),
        ({"@id": "Book/One"}, ["One"]),
        ({"@id": {"@one-of": ["Book/Two", "Book/none", "Person/Ann"]}}, ["Two"]),
        ({"@id": "Book/One", "pages": 2}, []),
        ({}, ["One", "Three", "Two"]),
    ],
)
def test_a_template_finds_what_looks_like_it(
    http: httpx2.Client, library: str, template: dict[str, Any], titles: list[str]
) -> None:
    path, override = f"/api/document/admin/{library}", {"X-HTTP-Method-Override": "GET"}
    body = {"query": {"@type": "Book", **template}, "as_list": True}
    assert [each["title"] for each in http.post(path, json=body, headers=override).json()] == titles
    in_query = asked(http, library, query=json.dumps(template), type="Book", as_list="true", skip="1", count="1")
    assert [each["title"] for each in in_query] == titles[1:2]


def test_names_and_ids_in_full(http: httpx2.Client, library: str) -> None:
    assert asked(http, library, id="Book/One", compress_ids="false") == {
        "@id": "terminusdb:///data/Book/One",
        "@type": "terminusdb:///schema#Book",
        "terminusdb:///schema#title": "One",
        "terminusdb:///schema#pages": 1,
        "terminusdb:///schema#authors": ["terminusdb:///data/Person/Ann"],
    }
    assert asked(http, library, id="Book/One", prefixed="false") == asked(
        http, library, id="Book/One", compress_ids="false"
    )


def test_prefixes_are_commits_by_the_api_itself(http: httpx2.Client, library: str) -> None:
    path = f"/api/prefix/admin/{library}/ex"
    added = http.post(path, json={"uri": "http://ex.example/"})
    assert (added.status_code, added.json()["api:prefix_uri"]) == (201, "http://ex.example/")
    assert http.post(path, json={"uri": "http://ex.example/"}).status_code == 204
    assert (
        http.post(path, json={"uri": "http://else.example/"}).json()["api:error"]["@type"] == "api:PrefixAlreadyExists"
    )
    assert http.get(path).json()["api:prefix_uri"] == "http://ex.example/"
    assert http.put(path, json={"uri": "http://else.example/"}).status_code == 200
    every = http.get(f"/api/prefixes/admin/{library}").json()
    assert every == {
        "@type": "Context",
        "@base": "terminusdb:///data/",
        "@schema": "terminusdb:///schema#",
        "ex": "http://else.example/",
    }
    assert http.delete(path).status_code == 200
    assert [
        http.request(method, path, json={"uri": "http://x/"}).status_code for method in ("GET", "PUT", "DELETE")
    ] == [404] * 3
    log = http.get(f"/api/log/admin/{library}", params={"count": "3"}).json()
    assert [(each["author"], each["message"].split()[0]) for each in log] == [
        ("api", "Delete"),
        ("api", "Update"),
        ("api", "Add"),
    ]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("ex", {}, "api:MissingParameter"),
        ("ex", {"uri": 7}, "api:BadParameterType"),
        ("ex", {"uri": "no iri"}, "api:InvalidIRI"),
        ("@base", {"uri": "http://x/"}, "api:ReservedPrefix"),
        ("1%20x", {"uri": "http://x/"}, "api:ReservedPrefix"),
        ("a:b", {"uri": "http://x/"}, "api:ReservedPrefix"),
    ],
)
def test_prefixes_that_are_refused(
    http: httpx2.Client, library: str, name: str, body: dict[str, Any], expected: str
) -> None:
    refused = http.post(f"/api/prefix/admin/{library}/{name}", json=body)
    assert (refused.status_code, refused.json()["api:error"]["@type"]) == (400, expected)


def test_frames_of_one_class_and_of_all(http: httpx2.Client, library: str) -> None:
    path = f"/api/schema/admin/{library}"
    person = {"@type": "Class", "@key": {"@type": "Lexical", "@fields": ["name"]}, "name": "xsd:string"}
    assert http.get(path, params={"type": "Person"}).json() == person
    assert http.get(path, params={"type": "terminusdb:///schema#Person"}).json() == person
    every = http.get(path).json()
    assert (set(every), every["Person"]) == ({"@context", "Person", "Book"}, person)
    full = http.get(path, params={"type": "Person", "compress_ids": "false"}).json()
    assert full["terminusdb:///schema#name"] == "http://www.w3.org/2001/XMLSchema#string"
    assert http.post(path, json={"type": "Person"}).json() == person


def test_raw_json_and_the_replacement_of_everything(http: httpx2.Client, library: str) -> None:
    path, raw = f"/api/document/admin/{library}", {**SAID, "raw_json": "true"}
    (full_id,) = http.post(path, params=raw, json={"a": [1, None, {"b": 2.5}]}).json()
    document_id = full_id.removeprefix("terminusdb:///data/")
    assert asked(http, library, id=full_id) == {"@id": document_id, "a": [1, None, {"b": 2.5}]}
    assert (
        http.post(path, params=raw, json={"@id": document_id}).json()["api:error"]["@type"]
        == "api:DocumentIdAlreadyExists"
    )
    assert http.put(path, params=raw, json={"@id": document_id, "a": 2}).status_code == 200
    assert asked(http, library, id=full_id)["a"] == 2
    assert http.post(path, params=raw, json=[1]).json()["api:error"]["@type"] == "api:TypeError"

    full = {**SAID, "full_replace": "true"}
    dangling = {"@type": "Book", "title": "Four", "authors": ["Person/Bob"]}
    assert http.post(path, params=full, json=[dangling]).status_code == 400
    kept = [{"@type": "Person", "name": "Bob"}, dangling]
    assert http.post(path, params=full, json=kept).json() == [
        "terminusdb:///data/Person/Bob",
        "terminusdb:///data/Book/Four",
    ]
    assert [each["@id"] for each in asked(http, library, as_list="true")] == ["Book/Four", "Person/Bob"]
    assert http.post(path, params=full, json=[]).json() == []
    assert asked(http, library, as_list="true") == []
