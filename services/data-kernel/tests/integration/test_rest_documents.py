"""Documents over REST against a real kernel process."""

from collections.abc import Iterator

import httpx2
import pytest
from data_kernel_testing.kernel_process import KernelProcess


@pytest.fixture
def db(kernel: KernelProcess) -> str:
    return f"/db/{kernel.new_database()}"


@pytest.fixture
def http(kernel: KernelProcess) -> Iterator[httpx2.Client]:
    with kernel.http() as client:
        yield client


def insert(http: httpx2.Client, db: str, title: str, **members: object) -> dict[str, object]:
    response = http.post(f"{db}/doc", json={"@type": "Movie", "title": title, **members})
    assert response.status_code == 201, response.text
    answer: dict[str, object] = response.json()
    return answer


def head(http: httpx2.Client, db: str) -> str:
    commit: str = http.get(f"{db}/log").json()["commits"][0]["id"]
    return commit


def reason(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["reason"]


def test_a_document_is_made_read_replaced_patched_and_deleted(http: httpx2.Client, db: str) -> None:
    made = insert(http, db, "Alien", year=1979)
    assert made == {"id": "Movie/Alien", "commit": made["commit"], "branch": "dev/oms/main", "changed": True}
    read = http.get(f"{db}/doc/Movie/Alien")
    assert read.content == b'{"@id":"Movie/Alien","@type":"Movie","title":"Alien","year":1979}'
    assert (read.headers["x-commit"], read.headers["x-branch"]) == (made["commit"], "dev/oms/main")

    replaced = http.put(f"{db}/doc/Movie/Alien", json={"@type": "Movie", "title": "Alien", "notes": "in space"})
    assert (replaced.status_code, replaced.json()["changed"]) == (200, True)
    merge = http.patch(f"{db}/doc/Movie/Alien", json={"year": 1979, "notes": None})
    assert merge.status_code == 200
    patch = [{"op": "test", "path": "/year", "value": 1979}, {"op": "replace", "path": "/year", "value": 1980}]
    patched = http.patch(
        f"{db}/doc", params={"id": "Movie/Alien"}, json=patch, headers={"content-type": "application/json-patch+json"}
    )
    assert patched.status_code == 200, patched.text
    assert http.get(f"{db}/doc", params={"id": "Movie/Alien"}).json()["year"] == 1980

    deleted = http.delete(f"{db}/doc/Movie/Alien")
    assert (deleted.status_code, deleted.json()["id"]) == (200, "Movie/Alien")
    assert reason(http.get(f"{db}/doc/Movie/Alien")) == (404, "NOT_FOUND")


def test_raw_json_has_no_class_and_is_made_or_replaced(http: httpx2.Client, db: str) -> None:
    raw, note = {"raw_json": "true"}, {"@id": "JSONDocument/note", "about": [1.50]}
    assert reason(http.put(f"{db}/doc", params=raw, json=[note])) == (404, "NOT_FOUND")
    made = http.put(f"{db}/doc", params={**raw, "create": "true"}, json=[note])
    assert (made.status_code, made.json()["ids"]) == (200, ["JSONDocument/note"])
    assert http.put(f"{db}/doc", params=raw, json={**note, "about": 2}).json()["id"] == "JSONDocument/note"
    assert http.get(f"{db}/doc/JSONDocument/note").json()["about"] == 2
    misfit = http.put(f"{db}/doc", params={**raw, "create": "true"}, json={"@id": "Movie/Alien"})
    assert reason(misfit) == (400, "INVALID_INPUT")
    tagged = http.put(f"{db}/doc", params=raw, json=note, headers={"if-match": '"1"'})
    assert reason(tagged) == (400, "INVALID_INPUT")


def test_lists_are_one_commit_each_way(http: httpx2.Client, db: str) -> None:
    movies = [{"@type": "Movie", "title": title} for title in ("C", "A", "B")]
    made = http.post(f"{db}/doc", json=movies).json()
    assert made["ids"] == ["Movie/C", "Movie/A", "Movie/B"]
    assert head(http, db) == made["commit"]
    deleted = http.request("DELETE", f"{db}/doc", json=["Movie/A", "Movie/C"])
    assert deleted.json()["ids"] == ["Movie/A", "Movie/C"]
    assert [d["@id"] for d in http.get(f"{db}/doc?as_list=true").json()] == ["Movie/B"]


def test_a_write_that_changes_nothing_makes_no_commit(http: httpx2.Client, db: str) -> None:
    made = insert(http, db, "Same")
    again = http.put(f"{db}/doc", json={"@type": "Movie", "title": "Same"}).json()
    assert (again["changed"], again["commit"]) == (False, made["commit"])


def test_every_violation_is_told_and_nothing_is_committed(http: httpx2.Client, db: str) -> None:
    before = head(http, db)
    wrong = [{"@type": "Movie", "title": "X", "year": "soon", "extra": 1}, {"@type": "Movie"}, {"@type": "Nope"}]
    refused = http.post(f"{db}/doc", json=wrong)
    assert reason(refused) == (422, "VALIDATION_FAILED")
    rules = {(v["path"], v["rule"]) for v in refused.json()["violations"]}
    assert {path for path, _ in rules} >= {"Movie/X#/year", "Movie/X#/extra"}
    assert len(rules) >= 4
    assert "soon" not in refused.text
    assert head(http, db) == before


def test_insert_and_replace_expect_what_they_say(http: httpx2.Client, db: str) -> None:
    insert(http, db, "There")
    assert reason(http.post(f"{db}/doc", json={"@type": "Movie", "title": "There"})) == (409, "ALREADY_EXISTS")
    absent = {"@type": "Movie", "title": "Absent"}
    assert reason(http.put(f"{db}/doc", json=absent)) == (404, "NOT_FOUND")
    assert http.put(f"{db}/doc?create=true", json=absent).status_code == 200


def test_an_idempotency_key_answers_the_same_once_and_refuses_another_body(http: httpx2.Client, db: str) -> None:
    key = {"idempotency-key": "k-1"}
    movie = {"@type": "Movie", "title": "Once"}
    first = http.post(f"{db}/doc", json=movie, headers=key)
    spaced = http.post(f"{db}/doc", content=b' { "title":"Once",  "@type":"Movie"}', headers=key)
    assert (first.status_code, spaced.status_code) == (201, 201)
    assert first.json() == spaced.json()
    assert len(http.get(f"{db}/log").json()["commits"]) == 2
    assert http.post(f"{db}/doc", json={**movie, "year": 1}, headers=key).status_code == 409
    assert http.put(f"{db}/doc?create=true", json=movie, headers=key).status_code == 409


def test_conditions_are_compared_in_the_writer(http: httpx2.Client, db: str) -> None:
    first = insert(http, db, "Cond")
    tag = http.get(f"{db}/doc/Movie/Cond").headers["etag"]
    second = http.patch(f"{db}/doc/Movie/Cond", json={"year": 1}, headers={"if-match": tag})
    assert second.status_code == 200
    assert reason(http.patch(f"{db}/doc/Movie/Cond", json={"year": 2}, headers={"if-match": tag})) == (
        412,
        "PRECONDITION_FAILED",
    )
    stale = {"x-expected-head": str(first["commit"])}
    assert reason(http.patch(f"{db}/doc/Movie/Cond", json={"year": 2}, headers=stale)) == (409, "STALE_HEAD")
    fresh = {"x-expected-head": second.json()["commit"]}
    assert http.patch(f"{db}/doc/Movie/Cond", json={"year": 2}, headers=fresh).status_code == 200


def test_a_dry_run_tells_everything_and_commits_nothing(http: httpx2.Client, db: str) -> None:
    before = head(http, db)
    tried = http.post(f"{db}/doc?dry_run=true", json={"@type": "Movie", "title": "Dry"})
    assert tried.status_code == 200
    assert tried.json() == {"id": "Movie/Dry", "commit": before, "branch": "dev/oms/main", "changed": True}
    assert http.post(f"{db}/doc?dry_run=true", json={"@type": "Movie"}).status_code == 422
    assert head(http, db) == before
    assert http.get(f"{db}/doc/Movie/Dry").status_code == 404


def test_an_unchanged_document_is_answered_304(http: httpx2.Client, db: str) -> None:
    insert(http, db, "Tagged")
    first = http.get(f"{db}/doc/Movie/Tagged")
    assert first.headers["cache-control"] == "private, no-cache"
    again = http.get(f"{db}/doc/Movie/Tagged", headers={"if-none-match": f'"x", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    http.patch(f"{db}/doc/Movie/Tagged", json={"year": 1})
    assert http.get(f"{db}/doc/Movie/Tagged", headers={"if-none-match": first.headers["etag"]}).status_code == 200


def test_numbers_keep_every_digit(http: httpx2.Client, db: str) -> None:
    digits = b"123456789012345678901234567890"
    http.post(f"{db}/doc", content=b'{"@type":"Movie","title":"Big","year":' + digits + b"}")
    assert digits in http.get(f"{db}/doc/Movie/Big").content


def test_pages_show_one_state_and_their_tokens_belong_to_query_and_caller(
    kernel: KernelProcess, http: httpx2.Client, db: str
) -> None:
    http.post(f"{db}/doc", json=[{"@type": "Movie", "title": f"M{n}"} for n in range(5)])
    asked = {"type": "Movie", "count": 2, "as_list": "true"}
    first = http.get(f"{db}/doc", params=asked)
    token = first.headers["x-next-page-token"]
    http.delete(f"{db}/doc/Movie/M3")
    second = http.get(f"{db}/doc", params={**asked, "page_token": token})
    third = http.get(f"{db}/doc", params={**asked, "page_token": second.headers["x-next-page-token"]})
    titles = [movie["title"] for page in (first, second, third) for movie in page.json()]
    assert titles == ["M0", "M1", "M2", "M3", "M4"]
    assert "x-next-page-token" not in third.headers
    assert first.headers["x-commit"] == third.headers["x-commit"]

    assert reason(http.get(f"{db}/doc", params={"type": "Other", "page_token": token})) == (400, "INVALID_INPUT")
    broken = ("A" if token[5] != "A" else "B").join((token[:5], token[6:]))
    assert reason(http.get(f"{db}/doc", params={**asked, "page_token": broken})) == (400, "INVALID_INPUT")
    with kernel.http("bob") as bob:
        assert reason(bob.get(f"{db}/doc", params={**asked, "page_token": token})) == (400, "INVALID_INPUT")


def test_a_listing_is_a_stream_of_lines_in_order_of_id(http: httpx2.Client, db: str) -> None:
    http.post(f"{db}/doc", json=[{"@type": "Movie", "title": title} for title in ("b", "a", "ä", "Z")])
    stream = http.get(f"{db}/doc?type=Movie")
    assert stream.headers["content-type"].startswith("application/x-ndjson")
    ids = [line.split('"')[3] for line in stream.text.splitlines()]
    assert ids == sorted(ids, key=str.encode)
    assert len(ids) == 4
    assert len(http.get(f"{db}/doc?type=Movie&skip=3").text.splitlines()) == 1


def test_a_state_is_read_by_commit_and_by_time(http: httpx2.Client, db: str) -> None:
    old = insert(http, db, "Past", year=1)
    http.patch(f"{db}/doc/Movie/Past", json={"year": 2})
    commits = {commit["id"]: commit for commit in http.get(f"{db}/log").json()["commits"]}
    then = commits[str(old["commit"])]["time"]
    for params in ({"rev": old["commit"]}, {"revision": old["commit"]}, {"rev": then}):
        assert http.get(f"{db}/doc/Movie/Past", params=params).json()["year"] == 1
    assert http.get(f"{db}/doc/Movie/Past").json()["year"] == 2
    blank = http.get(f"{db}/doc/Movie/Past?rev=2026-01-01T00:00:00+01:00")
    assert reason(blank) == (400, "INVALID_INPUT")
    assert "blank" in blank.json()["detail"]
    assert http.get(f"{db}/doc/Movie/Past?rev=2026-01-01").status_code == 400
    assert http.get(f"{db}/doc/Movie/Past?rev={'0' * 31}").status_code == 404


def test_a_body_beyond_the_limits_is_refused(http: httpx2.Client, db: str) -> None:
    announced = http.post(f"{db}/doc", content=b" " * (64 * 1024 * 1024 + 1))
    assert reason(announced) == (413, "TOO_LARGE")
    many = b"[" + b",".join([b"{}"] * 10_001) + b"]"
    assert reason(http.post(f"{db}/doc", content=many)) == (413, "TOO_LARGE")
    long_id = "Movie/" + "x" * 1100
    assert reason(http.get(f"{db}/doc", params={"id": long_id})) == (400, "INVALID_INPUT")
    assert reason(http.post(f"{db}/doc", content=b'{"a":1,"a":2}')) == (400, "INVALID_INPUT")
