"""Migrations over `/api`, and beside the classes of the platform's own schema write, against a running kernel."""

from typing import Any

import httpx2
from data_kernel_testing.kernel_process import MOVIE

SAID = {"author": "someone@example.com", "message": "migrate"}
RATING = {
    "@type": "CreateClassProperty",
    "class": "Movie",
    "property": "rating",
    "type": "xsd:integer",
    "default": 5,
}
TO_TEXT = {
    "@type": "CastClassProperty",
    "class": "Movie",
    "property": "year",
    "type": {"@type": "Optional", "@class": "xsd:string"},
    "default": {"@type": "Error"},
}


def migrate(http: httpx2.Client, db: str, *operations: Any, headers: Any = None, **more: Any) -> httpx2.Response:
    body = {**SAID, "operations": [*operations], **more}
    return http.post(f"/api/migration/admin/{db}", json=body, headers=headers)


def movies(http: httpx2.Client, db: str) -> Any:
    return http.get(f"/api/document/admin/{db}", params={"type": "Movie", "as_list": "true"}).json()


def version(http: httpx2.Client, db: str) -> str:
    return http.head(f"/api/document/admin/{db}").headers["terminusdb-data-version"]


def insert(http: httpx2.Client, db: str, *documents: Any) -> None:
    made = http.post(f"/api/document/admin/{db}", params={**SAID}, json=[*documents])
    assert made.status_code == 200, made.text


def test_a_migration_is_one_commit_that_is_tried_first(http: httpx2.Client, free_db: str) -> None:
    insert(http, free_db, {"@type": "Movie", "title": "A", "year": 1}, {"@type": "Movie", "title": "B"})
    before, counts = version(http, free_db), {"schema_operations": 2, "instance_operations": 3}
    tried = migrate(http, free_db, RATING, TO_TEXT, dry_run=True, verbose=True)
    assert (version(http, free_db), {name: tried.json()[name] for name in counts}) == (before, counts)

    done = migrate(http, free_db, RATING, TO_TEXT, verbose=True, headers={"TerminusDB-Data-Version": before})
    assert done.json() == tried.json()
    assert done.headers["terminusdb-data-version"] == version(http, free_db) != before
    assert movies(http, free_db) == [
        {"@id": "Movie/A", "@type": "Movie", "title": "A", "year": "1", "rating": 5},
        {"@id": "Movie/B", "@type": "Movie", "title": "B", "rating": 5},
    ]
    (newest, older, *_) = http.get(f"/api/log/admin/{free_db}").json()
    assert (newest["author"], newest["message"]) == ("someone@example.com", "migrate")
    assert f"branch:{older['identifier']}" == before
    stale = migrate(http, free_db, RATING, headers={"TerminusDB-Data-Version": before})
    assert stale.json()["api:error"]["@type"] == "api:DataVersionMismatch"


def test_a_key_makes_a_migration_once(http: httpx2.Client, free_db: str) -> None:
    insert(http, free_db, {"@type": "Movie", "title": "A"})
    headers = {"idempotency-key": f"once-{free_db}"}
    answers = [migrate(http, free_db, RATING, headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["instance_operations"] == 1


def test_refusals_leave_everything_as_it_was(http: httpx2.Client, free_db: str) -> None:
    insert(http, free_db, {"@type": "Movie", "title": "A", "year": 1})
    before = version(http, free_db)
    broken = migrate(http, free_db, {name: each for name, each in RATING.items() if name != "default"})
    witness = {
        "@type": "instance_not_cardinality_one",
        "class": "http://www.w3.org/2001/XMLSchema#integer",
        "instance": "terminusdb:///data/Movie/A",
        "predicate": "terminusdb:///schema#rating",
    }
    assert (broken.status_code, broken.json()["system:witnesses"]) == (400, [witness])
    to_date = {**TO_TEXT, "type": {"@type": "Optional", "@class": "xsd:date"}}
    told = migrate(http, free_db, RATING, to_date).json()["api:error"]
    assert {name: value for name, value in told.items() if not name.startswith("oms:")} == {
        "@type": "api:MigrationCastFailure",
        "api:class": "Movie",
        "api:property": "year",
        "api:old_type": {"@type": "Optional", "@class": "xsd:integer"},
        "api:new_type": {"@type": "Optional", "@class": "xsd:date"},
    }
    assert migrate(http, free_db, RATING, target="other").status_code == 501
    assert http.post(f"/api/migration/admin/{free_db}/local/_commits", json=SAID).status_code == 400
    assert version(http, free_db) == before


def test_the_platform_takes_a_migration_beside_the_classes(http: httpx2.Client, platform_db: str) -> None:
    schema = f"/db/{platform_db}/schema"
    assert http.post(f"/db/{platform_db}/doc", json={"@type": "Movie", "title": "A", "year": 1}).status_code == 201
    stronger = {**MOVIE, "rating": "xsd:integer"}
    refused = http.put(schema, json=stronger)
    assert (refused.status_code, refused.json()["violations"][0]["path"]) == (422, "Movie/A#/rating")

    body = {"classes": [stronger], "migration": [RATING]}
    tried = http.put(schema, params={"dry_run": "true"}, json=body)
    assert (tried.status_code, tried.json()["ids"]) == (200, ["Movie"])
    assert "rating" not in http.get(f"/db/{platform_db}/doc/Movie/A").json()
    assert http.put(schema, json=body).json()["ids"] == ["Movie"]
    assert http.get(f"/db/{platform_db}/doc/Movie/A").json()["rating"] == 5

    unknown = http.put(schema, json={"migration": [{"@type": "Explode"}]})
    assert (unknown.status_code, unknown.json()["violations"][0]["rule"]) == (422, "unknown_operation")
    assert http.put(schema, json={"classes": stronger, "migration": []}).json()["reason"] == "INVALID_INPUT"
