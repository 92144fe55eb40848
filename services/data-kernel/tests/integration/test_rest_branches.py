"""Branches, databases, history and attribution over REST against a real kernel process."""

from collections.abc import Iterator

import httpx2
import pytest
from data_kernel_testing.kernel_process import MOVIE, KernelProcess


@pytest.fixture
def db(kernel: KernelProcess) -> str:
    return f"/db/{kernel.new_database()}"


@pytest.fixture
def http(kernel: KernelProcess) -> Iterator[httpx2.Client]:
    with kernel.http() as client:
        yield client


def movie(title: str) -> dict[str, object]:
    return {"@type": "Movie", "title": title}


def last_commit(http: httpx2.Client, db: str, **params: str) -> dict[str, object]:
    commit: dict[str, object] = http.get(f"{db}/log", params=params).json()["commits"][0]
    return commit


def reason(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["reason"]


def test_a_commit_is_attributed_to_the_verified_caller(http: httpx2.Client, db: str) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    http.post(f"{db}/doc", json=movie("A"), headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    commit = last_commit(http, db)
    assert (commit["author"], commit["actor"], commit["service"]) == ("alice@oms", "alice@oms", "oms")
    assert (commit["method"], commit["route"]) == ("POST", "/db/{db}/doc")
    assert (commit["message"], commit["trace_id"]) == ("[oms] POST /db/{db}/doc", trace)
    assert str(commit["time"]).endswith("Z")
    http.post(f"{db}/doc", json=movie("B"), params={"message": "why"})
    assert last_commit(http, db)["message"] == "why"
    http.post(f"{db}/doc", json=movie("C"), headers={"x-commit-message": "because"})
    assert last_commit(http, db)["message"] == "because"


def test_nobody_writes_in_anothers_name(kernel: KernelProcess, http: httpx2.Client, db: str) -> None:
    assert http.post(f"{db}/doc?author=alice@oms", json=movie("A")).status_code == 201
    assert reason(http.post(f"{db}/doc?author=bob@oms", json=movie("B"))) == (403, "FORBIDDEN")
    assert reason(http.post(f"{db}/doc", json=movie("B"), headers={"x-author": "bob@oms"})) == (403, "FORBIDDEN")
    with kernel.http(subject="", service="embedding") as service:
        service.post(f"{db}/doc", json=movie("S"), params={"branch": "main"})
    assert last_commit(http, db)["author"] == "system@embedding"


def test_branch_names_are_ruled(http: httpx2.Client, db: str) -> None:
    assert reason(http.post(f"{db}/doc?branch=nonsense", json=movie("A"))) == (400, "INVALID_INPUT")
    assert reason(http.post(f"{db}/doc?branch=prod/oms/main", json=movie("A"))) == (403, "FORBIDDEN")
    assert reason(http.post(f"{db}/doc?branch=dev/oms/absent", json=movie("A"))) == (404, "NOT_FOUND")
    both = http.post(f"{db}/doc?branch=main", json=movie("A"), headers={"x-branch": "dev/oms/main"})
    assert both.status_code == 201
    differing = http.post(f"{db}/doc?branch=main", json=movie("B"), headers={"x-branch": "svc-x"})
    assert reason(differing) == (400, "INVALID_INPUT")


def test_a_branch_starts_at_a_state_and_goes_its_own_way(http: httpx2.Client, db: str) -> None:
    old = http.post(f"{db}/doc", json=movie("Old")).json()["commit"]
    http.post(f"{db}/doc", json=movie("New"))
    made = http.post(f"{db}/branches", json={"branch": "dev/oms/side", "origin": {"rev": old}})
    assert (made.status_code, made.json()["head"]) == (201, old)
    assert reason(http.post(f"{db}/branches", json={"branch": "dev/oms/side"})) == (409, "ALREADY_EXISTS")
    http.post(f"{db}/doc", json=movie("Side"), headers={"x-branch": "dev/oms/side"})
    titles = [d["title"] for d in http.get(f"{db}/doc?as_list=true&branch=dev/oms/side").json()]
    assert titles == ["Old", "Side"]
    diff = http.get(f"{db}/diff", params={"from": "main", "to": "dev/oms/side"}).text.splitlines()
    assert [('"created"' in line, '"deleted"' in line) for line in diff] == [(False, True), (True, False)]

    names = [branch["name"] for branch in http.get(f"{db}/branches").json()["branches"]]
    assert names == ["dev/oms/main", "dev/oms/side"]
    page = http.get(f"{db}/branches?count=1").json()
    rest = http.get(f"{db}/branches", params={"count": 1, "page_token": page["next_page_token"]}).json()
    assert [page["branches"][0]["name"], rest["branches"][0]["name"]] == names
    assert http.delete(f"{db}/branches/dev/oms/side").json() == {"branch": "dev/oms/side"}
    assert http.get(f"{db}/branches", params={}).json()["branches"][0]["name"] == "dev/oms/main"
    assert http.get(f"{db}/doc/Movie/Old?rev={old}").status_code == 200


def test_a_snapshot_branch_takes_no_writes(http: httpx2.Client, db: str) -> None:
    http.post(f"{db}/doc", json=movie("A"))
    snapshot = "dev/oms/snapshot-20260101"
    assert http.post(f"{db}/branches", json={"branch": snapshot, "origin": {"branch": "main"}}).status_code == 201
    assert reason(http.post(f"{db}/doc?branch={snapshot}", json=movie("B"))) == (403, "READ_ONLY_BRANCH")
    assert http.get(f"{db}/doc/Movie/A?branch={snapshot}").status_code == 200
    assert http.get(f"{db}/branches/{snapshot}").json()["read_only"] is True


def test_a_service_begins_its_own_branch_with_its_schema(kernel: KernelProcess, http: httpx2.Client, db: str) -> None:
    with kernel.http("alice", "embedding") as embedding:
        assert embedding.post(f"{db}/doc", json=movie("A")).status_code == 404
        made = embedding.put(f"{db}/schema", json=MOVIE)
        assert (made.status_code, made.json()["branch"]) == (200, "dev/embedding/main")
        assert embedding.post(f"{db}/doc", json=movie("A")).json()["branch"] == "dev/embedding/main"
    assert http.put(f"{db}/schema?branch=dev/scheduler/main", json=MOVIE).status_code == 404


def test_the_log_has_pages_and_the_diff_its_changes(http: httpx2.Client, db: str) -> None:
    commits = [http.post(f"{db}/doc", json=movie(str(n))).json()["commit"] for n in range(3)]
    http.patch(f"{db}/doc/Movie/1", json={"year": 1})
    http.delete(f"{db}/doc/Movie/2")
    page = http.get(f"{db}/log", params={"count": 4}).json()
    rest = http.get(f"{db}/log", params={"count": 4, "page_token": page["next_page_token"]}).json()
    ids = [commit["id"] for commit in page["commits"] + rest["commits"]]
    assert ids[2:5] == commits[::-1]
    assert "next_page_token" not in rest
    lines = http.get(f"{db}/diff", params={"from": commits[0]}).text.splitlines()
    assert lines == [
        '{"id":"Movie/1","type":"Movie","kind":"created","before":null,'
        '"after":{"@id":"Movie/1","@type":"Movie","title":"1","year":1}}'
    ]


def test_databases_come_and_go(http: httpx2.Client) -> None:
    assert http.post("/db/passing", json={"label": "Passing"}).status_code == 201
    assert reason(http.post("/db/passing")) == (409, "ALREADY_EXISTS")
    assert http.get("/db/passing").json()["label"] == "Passing"
    assert "passing" in [database["database"] for database in http.get("/db").json()["databases"]]
    assert http.delete("/db/passing").status_code == 200
    assert reason(http.get("/db/passing/doc")) == (404, "NOT_FOUND")
    assert reason(http.delete("/db/oms")) == (403, "FORBIDDEN")


@pytest.mark.parametrize(("name", "status"), [("_kernel", 403), ("_other", 400)])
def test_the_kernels_own_databases_are_closed(http: httpx2.Client, name: str, status: int) -> None:
    for response in (http.get(f"/db/{name}/doc"), http.post(f"/db/{name}"), http.delete(f"/db/{name}")):
        assert response.status_code == status
    assert http.get("/schema", headers={"x-database": name}).status_code == status


def test_the_schema_is_written_read_and_deleted(http: httpx2.Client, db: str) -> None:
    classes = http.get(f"{db}/schema").json()
    assert [c["@type"] for c in classes] == ["@context", "Class"]
    assert http.get(f"{db}/schema?id=Movie").json() == MOVIE
    http.post(f"{db}/doc", json=movie("A"))
    needed = http.put(f"{db}/schema", json={**MOVIE, "director": "xsd:string"})
    assert reason(needed) == (422, "VALIDATION_FAILED")
    assert http.request("DELETE", f"{db}/schema?id=Movie").status_code == 422
    http.delete(f"{db}/doc/Movie/A")
    assert http.request("DELETE", f"{db}/schema", json=["Movie"]).status_code == 200
    assert reason(http.get(f"{db}/schema?id=Movie")) == (404, "NOT_FOUND")


def test_routes_of_earlier_days_work_on_the_database_that_the_header_names(http: httpx2.Client, db: str) -> None:
    http.post(f"{db}/doc", json=movie("A"))
    there = {"x-database": db.removeprefix("/db/")}
    assert http.patch("/document", json={"@id": "Movie/A", "year": 5}, headers=there).status_code == 200
    assert http.get(f"{db}/doc/Movie/A").json()["year"] == 5
    assert http.get("/schema", headers=there).json()[1]["@id"] == "Movie"
    assert http.get("/schema").json()[0]["@type"] == "@context"


def test_queries_are_refused_in_words(http: httpx2.Client, db: str) -> None:
    assert reason(http.post(f"{db}/woql", json={})) == (501, "UNSUPPORTED")


def test_following_a_branch_that_never_was_is_refused_before_the_stream_begins(http: httpx2.Client, db: str) -> None:
    assert reason(http.get(f"{db}/changes?branch=dev/oms/absent")) == (404, "NOT_FOUND")


@pytest.mark.parametrize("cursor", ["1.1000000", "9.0", "0.1"])
def test_following_on_from_a_place_that_the_log_does_not_have_is_refused(
    http: httpx2.Client, db: str, cursor: str
) -> None:
    assert reason(http.get(f"{db}/changes?since={cursor}")) == (410, "GONE")
    assert reason(http.get(f"{db}/changes", headers={"last-event-id": cursor})) == (410, "GONE")


@pytest.mark.parametrize("cursor", ["-1.0", "1", "1.x"])
def test_what_is_no_cursor_is_refused(http: httpx2.Client, db: str, cursor: str) -> None:
    assert reason(http.get(f"{db}/changes?since={cursor}")) == (400, "INVALID_INPUT")


@pytest.mark.parametrize("too_long", ["doc?id=Movie/{}", "schema?id={}", "doc/Movie/{}"])
def test_an_id_that_nothing_can_have_is_refused_by_its_length(http: httpx2.Client, db: str, too_long: str) -> None:
    refused = http.delete(f"{db}/{too_long.format('x' * 1100)}")
    assert refused.json()["field"] == "id"
    assert len(refused.json()["detail"]) < 100
