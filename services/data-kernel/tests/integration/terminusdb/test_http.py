"""The answers below `/api` as they travel: statuses, headers, content types and envelopes."""

import base64
from typing import Any

import httpx2
import pytest
from data_kernel_testing.kernel_process import KernelProcess

SAID = {"author": "someone@example.com", "message": "why"}
VERSION = "TerminusDB-Data-Version"
JSON = "application/json; charset=UTF-8"
STREAM = "application/json; stream=true; charset=UTF-8"


def movie(title: str) -> dict[str, object]:
    return {"@type": "Movie", "title": title}


def kind(response: httpx2.Response) -> tuple[int, str, str, str]:
    """Status, envelope, status name and kind of a refusal."""
    body = response.json()
    assert response.headers["content-type"] == JSON
    error = body.get("api:error", {})
    return response.status_code, body.get("@type", ""), body["api:status"], error.get("@type", "")


def document(db: str, rest: str = "") -> str:
    return f"/api/document/admin/{db}{rest}"


def test_liveness_is_open_and_all_else_needs_a_token(kernel: KernelProcess) -> None:
    with httpx2.Client(base_url=f"http://127.0.0.1:{kernel.http_port}") as nobody:
        alive = nobody.get("/api/ok")
        assert (alive.status_code, alive.content, alive.headers["content-type"]) == (200, b"", "application/octets")
        assert nobody.head("/api/ok").status_code == 200
        wrong = {"authorization": "Basic " + base64.b64encode(b"admin:toor").decode()}
        for headers in ({}, wrong):
            refused = nobody.get("/api/info", headers=headers)
            assert kind(refused) == (401, "api:ErrorResponse", "api:failure", "api:IncorrectAuthenticationError")
            assert refused.headers["x-oms-reason"] == "UNAUTHENTICATED"
            assert refused.headers["www-authenticate"].startswith("Bearer")
        assert nobody.get("/api/nonsense").status_code == 401
        right = {"authorization": "Basic " + base64.b64encode(b"admin:root").decode()}
        told = nobody.get("/api/info", headers=right).json()["api:info"]
        assert (told["authority"], "oms:data_kernel" in told) == ("terminusdb://system/data/User/admin", False)
        assert nobody.get("/db/oms/schema", headers=right).status_code == 401


def test_what_is_not_offered_is_an_unknown_path(http: httpx2.Client) -> None:
    unknown = http.post("/api/woql/admin/oms", json={})
    assert unknown.status_code == 404
    assert unknown.json() == {
        "api:status": "api:not_found",
        "api:path": "/api/woql/admin/oms",
        "api:message": "Path not found: /api/woql/admin/oms",
    }
    assert http.patch("/api/info").status_code == 405
    assert http.get("/api/info").json()["api:info"]["authority"].endswith("/User/alice")


def test_a_database_comes_and_goes(http: httpx2.Client) -> None:
    path = "/api/db/admin/coming"
    absent = http.get(path)
    assert kind(absent) == (404, "api:DbListErrorResponse", "api:failure", "")
    assert http.head(path).status_code == 404
    made = http.post(path, json={"label": "L", "comment": "C"})
    assert (made.status_code, made.json()["@type"]) == (200, "api:DbCreateResponse")
    assert http.get(path, params={"branches": "true"}).json() == {"path": "admin/coming", "branches": ["main"]}
    assert http.head(path).status_code == 200
    assert {"path": "admin/coming"} in http.get("/api/db").json()
    shown = {entry["name"]: entry for entry in http.get("/api/").json()}
    assert (shown["coming"]["label"], shown["coming"]["comment"]) == ("L", "C")
    assert (shown["coming"]["oms:naming"], shown["oms"]["oms:naming"]) == ("free", "platform")
    again = http.post(path, json={"label": "L"})
    assert kind(again) == (400, "api:DbCreateErrorResponse", "api:failure", "api:DatabaseAlreadyExists")
    assert http.put(path, json={"label": "M"}).json() == {"@type": "api:DbUpdatedResponse", "api:status": "api:success"}
    renamed = http.get(path, params={"verbose": "true"}).json()
    assert (renamed["label"], renamed["comment"]) == ("M", "C")
    assert kind(http.put(path, json={"public": True}))[0] == 501
    assert http.delete(path).json() == {"@type": "api:DbDeleteResponse", "api:status": "api:success"}
    assert kind(http.delete(path)) == (404, "api:DbDeleteErrorResponse", "api:not_found", "api:UnknownDatabase")


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("admin/x", {"comment": "C"}, (400, "api:MissingParameter")),
        ("admin/x", {"label": 1}, (400, "api:BadParameterType")),
        ("admin/x", {"label": "L", "prefixes": {"@base": "no iri"}}, (400, "api:InvalidPrefix")),
        ("admin/x", {"label": "L", "prefixes": {"@other": "http://b/"}}, (400, "api:InvalidPrefix")),
        ("admin/x", {"label": "L", "prefixes": ["http://b/"]}, (400, "api:BadParameterType")),
        ("admin/x", {"label": "L", "schema": "no"}, (400, "api:BadParameterType")),
        ("admin/x", {"label": "L", "public": True}, (501, "oms:Unsupported")),
        ("admin/x%7Cy", {"label": "L"}, (400, "api:InvalidDatabaseName")),
        ("nobody/x", {"label": "L"}, (404, "api:UnknownOrganizationName")),
        ("admin/_kernel", {"label": "L"}, (403, "oms:Forbidden")),
    ],
)
def test_a_database_that_cannot_be_made(
    http: httpx2.Client, path: str, body: object, expected: tuple[int, str]
) -> None:
    status, _, _, name = kind(http.post(f"/api/db/{path}", json=body))
    assert (status, name) == expected


def test_the_platforms_default_database_is_not_deleted(http: httpx2.Client) -> None:
    assert kind(http.delete("/api/db/admin/oms")) == (
        403,
        "api:DbDeleteErrorResponse",
        "api:forbidden",
        "oms:Forbidden",
    )


def test_writes_answer_iris_and_the_new_version(http: httpx2.Client, free_db: str) -> None:
    made = http.post(document(free_db), params=SAID, json=[movie("A"), movie("B")])
    assert made.json() == ["terminusdb:///data/Movie/A", "terminusdb:///data/Movie/B"]
    assert (made.headers["x-oms-changed"], made.headers["x-oms-branch"]) == ("true", "main")
    version = made.headers[VERSION]
    assert version.startswith("branch:")
    same = http.put(document(free_db), params=SAID, json=movie("A"))
    assert (same.headers["x-oms-changed"], same.headers[VERSION]) == ("false", version)
    gone = http.request("DELETE", document(free_db), params={**SAID, "id": "terminusdb:///data/Movie/A"})
    assert (gone.status_code, gone.content, gone.headers["x-oms-changed"]) == (204, b"", "true")
    assert gone.headers[VERSION] != version
    head = http.head(document(free_db))
    assert (head.status_code, head.headers[VERSION]) == (200, gone.headers[VERSION])
    at = http.get(document(free_db, f"/local/commit/{version.partition(':')[2]}"), params={"id": "Movie/A"})
    assert (at.json(), at.headers[VERSION]) == ({"@id": "Movie/A", **movie("A")}, version.replace("branch", "commit"))


def test_documents_are_answered_as_a_stream_or_as_an_array(http: httpx2.Client, free_db: str) -> None:
    http.post(document(free_db), params=SAID, json=[movie("A"), movie("B"), movie("C")])
    stream = http.get(document(free_db))
    assert stream.headers["content-type"] == STREAM
    assert stream.text.splitlines() == [f'{{"@id":"Movie/{t}","@type":"Movie","title":"{t}"}}' for t in "ABC"]
    array = http.get(document(free_db), params={"as_list": "true", "type": "terminusdb:///schema#Movie", "skip": "1"})
    assert array.headers["content-type"] == JSON
    assert [each["title"] for each in array.json()] == ["B", "C"]
    for asked, titles in (
        ({"count": "2"}, ["A", "B"]),
        ({"count": "0"}, []),
        ({"type": "Nope"}, []),
        ({"ids": '["Movie/C","Movie/none","terminusdb:///data/Movie/A"]'}, ["C", "A"]),
        ({"ids": "[]"}, []),
        ({"id": "Movie/none"}, []),
        ({"id": "Movie/A", "type": "Other"}, ["A"]),
    ):
        found = http.get(document(free_db), params={"as_list": "true", **asked})
        assert [each["title"] for each in found.json()] == titles
    override = {"X-HTTP-Method-Override": "GET"}
    asked_in_body = http.post(document(free_db), json={"type": "Movie", "count": 1, "as_list": True}, headers=override)
    assert [each["title"] for each in asked_in_body.json()] == ["A"]
    context = http.get(document(free_db), params={"graph_type": "schema", "as_list": "true"}).json()[0]
    assert (context["@type"], context["@base"]) == ("@context", "terminusdb:///data/")


@pytest.mark.parametrize(
    ("asked", "status", "name"),
    [
        ({"id": "Movie/none"}, 404, "api:DocumentNotFound"),
        ({"id": ""}, 400, "api:BadParameterType"),
        ({"ids": "Movie/none"}, 400, "api:JSONInvalid"),
        ({"skip": "-1"}, 400, "api:BadParameterType"),
        ({"count": "9" * 400}, 400, "api:BadParameterType"),
        ({"minimized": "perhaps"}, 400, "api:BadParameterType"),
        ({"graph_type": "other"}, 400, "api:BadParameterType"),
        ({"compress_ids": "perhaps"}, 400, "api:BadParameterType"),
        ({"format": "embedding"}, 501, "oms:Unsupported"),
        ({"query": "{}"}, 400, "api:QueryMissingType"),
        ({"query": "{"}, 400, "api:JSONInvalid"),
        ({"query": "[]"}, 400, "api:BadParameterType"),
        ({"query": '{"@type":"Nope"}'}, 400, "api:QueryTypeNotFound"),
        ({"query": '{"@type":"Movie","nope":1}'}, 400, "oms:InvalidInput"),
        ({"query": '{"@type":"Movie","title":{"@regex":"("}}'}, 400, "oms:InvalidInput"),
        ({"query": '{"@type":"Movie","title":[1]}'}, 400, "oms:InvalidInput"),
    ],
)
def test_reads_that_are_refused(
    http: httpx2.Client, free_db: str, asked: dict[str, str], status: int, name: str
) -> None:
    failure = {404: "api:not_found", 501: "api:server_error"}.get(status, "api:failure")
    assert kind(http.get(document(free_db), params=asked)) == (status, "api:GetDocumentErrorResponse", failure, name)


@pytest.mark.parametrize(
    ("rest", "status", "name"),
    [
        ("/local/branch/none", 400, "api:UnresolvableAbsoluteDescriptor"),
        ("/local/commit/" + "z" * 31, 404, "api:UnresolvableAbsoluteDescriptor"),
        ("/elsewhere", 404, "api:UnresolvableAbsoluteDescriptor"),
        ("/local/twig/main", 400, "api:InvalidResourcePath"),
        ("/local/branch/main/extra", 400, "api:InvalidResourcePath"),
        ("-none", 404, "api:UnknownDatabase"),
    ],
)
def test_resources_that_are_not_there(http: httpx2.Client, free_db: str, rest: str, status: int, name: str) -> None:
    refused = kind(http.get(document(free_db, rest)))
    assert (refused[0], refused[3]) == (status, name)
    if "branch/none" in rest:
        for asked in ({"type": "Movie"}, {"id": "Movie/A"}):
            gone = http.request("DELETE", document(free_db, rest), params={**SAID, **asked})
            assert (gone.status_code, kind(gone)[3]) == (status, name)
    assert http.head(document(free_db, rest)).status_code == status


def test_author_and_message_must_be_given_and_are_stored_as_given(http: httpx2.Client, free_db: str) -> None:
    for missing in ("author", "message"):
        left = {name: text for name, text in SAID.items() if name != missing}
        refused = http.post(document(free_db), params=left, json=movie("A"))
        assert kind(refused)[3] == "api:MissingParameter"
        assert refused.json()["api:error"]["api:parameter"] == missing
    http.post(document(free_db), params=SAID, json=movie("A"))
    (newest,) = http.get(f"/api/log/admin/{free_db}", params={"count": "1"}).json()
    assert (newest["author"], newest["message"], newest["oms:actor"]) == (*SAID.values(), "alice@oms")


def test_nobody_writes_in_anothers_name_on_the_platforms_databases(http: httpx2.Client, platform_db: str) -> None:
    refused = http.post(document(platform_db), params=SAID, json=movie("A"))
    assert kind(refused) == (403, "api:InsertDocumentErrorResponse", "api:forbidden", "oms:Forbidden")
    assert refused.headers["x-oms-reason"] == "FORBIDDEN"
    derived = http.post(document(platform_db), json=movie("A"))
    assert (derived.status_code, derived.headers["x-oms-branch"]) == (200, "dev/oms/main")
    own = http.post(document(platform_db), params={"author": "alice@oms", "message": "m"}, json=movie("B"))
    assert own.status_code == 200
    encoded = document(platform_db, "/local/branch/dev%2Foms%2Fmain")
    assert http.get(encoded, params={"id": "Movie/B"}).json()["title"] == "B"


def test_main_is_the_platforms_for_every_service(kernel: KernelProcess, platform_db: str) -> None:
    with kernel.http(subject="", service="embedding") as service:
        written = service.post(document(platform_db), json=movie("S"))
        (newest,) = service.get(f"/api/log/admin/{platform_db}", params={"count": "1"}).json()
    assert written.headers["x-oms-branch"] == "dev/oms/main"
    assert (newest["author"], newest["oms:actor"]) == ("system@embedding", "system@embedding")


def test_a_branch_that_path_and_header_name_differently_is_refused(http: httpx2.Client, free_db: str) -> None:
    path = document(free_db, "/local/branch/main")
    refused = http.post(path, params=SAID, json=movie("A"), headers={"X-Branch": "other"})
    assert (refused.status_code, refused.headers["x-oms-reason"]) == (400, "INVALID_INPUT")
    unnamed = http.post(document(free_db), params=SAID, json=movie("A"), headers={"X-Branch": "other"})
    assert kind(unnamed)[3] == "api:UnresolvableAbsoluteDescriptor"


def test_a_violation_has_witnesses_and_the_platforms_list(http: httpx2.Client, free_db: str) -> None:
    refused = http.post(document(free_db), params=SAID, json={**movie("A"), "colour": "crimson"})
    expected = (400, "api:InsertDocumentErrorResponse", "api:failure", "api:SchemaCheckFailure")
    assert kind(refused) == expected
    assert refused.headers["x-oms-reason"] == "VALIDATION_FAILED"
    error = refused.json()["api:error"]
    assert error["oms:reason"] == "VALIDATION_FAILED"
    (violation,) = error["oms:violations"]
    assert (violation["path"], violation["rule"]) == ("Movie/A#/colour", "unknown_property")
    (witness,) = error["api:witnesses"]
    assert (witness["@type"], witness["property"]) == ("unknown_property_for_type", ["terminusdb:///schema#colour"])
    # What the caller wrote stands in the witness, as TerminusDB has it, and nowhere else.
    assert "crimson" not in violation["message"] + refused.json()["api:message"]


def test_the_version_header_guards_reads_and_writes(http: httpx2.Client, free_db: str) -> None:
    first = http.post(document(free_db), params=SAID, json=movie("A")).headers[VERSION]
    second = http.post(document(free_db), params=SAID, json=movie("B"), headers={VERSION: first}).headers[VERSION]
    stale = {VERSION: first}
    for refused in (
        http.get(document(free_db), headers=stale),
        http.post(document(free_db), params=SAID, json=movie("C"), headers=stale),
        http.put(document(free_db), params=SAID, json=movie("A"), headers=stale),
        http.request("DELETE", document(free_db), params={**SAID, "id": "Movie/A"}, headers=stale),
        http.post(document(free_db), params=SAID, json=[], headers=stale),
        http.post(
            document(free_db), params=SAID, json=movie("C"), headers={VERSION: second.replace("branch", "commit")}
        ),
    ):
        assert (kind(refused)[0], kind(refused)[3]) == (400, "api:DataVersionMismatch")
        assert refused.json()["api:error"]["api:actual_data_version"] == second
        assert refused.headers["x-oms-reason"] == "STALE_HEAD"
    for bad in ("nonsense", "", "branch:abc"):
        assert kind(http.get(document(free_db), headers={VERSION: bad}))[3] == "api:BadDataVersion"
    assert http.head(document(free_db)).headers[VERSION] == second


def test_bodies_in_every_form(http: httpx2.Client, free_db: str) -> None:
    def post(text: str, media_type: str = "application/json") -> httpx2.Response:
        return http.post(document(free_db), params=SAID, content=text, headers={"content-type": media_type})

    several = post('{"@type":"Movie","title":"}{"}\n {"@type":"Movie","title":"B"}')
    assert several.json() == ["terminusdb:///data/Movie/%7D%7B", "terminusdb:///data/Movie/B"]
    version = several.headers[VERSION]
    for nothing in (post(""), post("[]")):
        assert (nothing.json(), nothing.headers[VERSION], nothing.headers["x-oms-changed"]) == ([], version, "false")
    assert kind(post("{}", "text/plain"))[1] == "api:BadContentTypeErrorResponse"
    for wrong in (
        "{oops",
        '{"a":1} x',
        '{"a":1}]',
        "7",
        '[[{"@type":"Movie","title":"C"}]]',
        '{"colour":"a","colour":"b"}',
    ):
        assert post(wrong).status_code == 400
    assert http.head(document(free_db)).headers[VERSION] == version
    twice = http.post(document(free_db), params=SAID, json=[{"@id": "Movie/D", **movie("D")}] * 2)
    assert kind(twice)[3] == "api:SameDocumentIdsMutatedInOneTransaction"
    assert twice.json()["api:error"]["api:duplicate_ids"] == ["terminusdb:///data/Movie/D"]
    merging = {**SAID, "merge_repeats": "true"}
    both = http.post(document(free_db), params=merging, json=[movie("D"), {**movie("D"), "year": 1}])
    assert both.json() == ["terminusdb:///data/Movie/D"] * 2
    assert http.get(document(free_db), params={"id": "Movie/D"}).json()["year"] == 1
    last = post('{"@type":"Movie","title":"E","title":"F"}')
    assert last.json() == ["terminusdb:///data/Movie/F"]


def test_inserting_putting_and_creating(http: httpx2.Client, free_db: str) -> None:
    missing = http.put(document(free_db), params=SAID, json=[{"@id": "Movie/A", **movie("A")}])
    assert kind(missing) == (404, "api:ReplaceDocumentErrorResponse", "api:not_found", "api:DocumentNotFound")
    assert missing.json()["api:error"]["api:document_id"] == "terminusdb:///data/Movie/A"
    assert http.put(document(free_db), params={**SAID, "create": "true"}, json=movie("A")).status_code == 200
    there = http.post(document(free_db), params=SAID, json={"@id": "Movie/A", **movie("A")})
    assert (kind(there)[0], kind(there)[3]) == (400, "api:DocumentIdAlreadyExists")
    assert there.json()["api:error"]["api:document_id"] == "terminusdb:///data/Movie/A"
    over = http.post(document(free_db), params={**SAID, "overwrite": "true"}, json={**movie("A"), "year": 1})
    assert over.headers["x-oms-changed"] == "true"
    at_commit = document(free_db, "/local/commit/" + over.headers[VERSION].partition(":")[2])
    assert kind(http.post(at_commit, params=SAID, json=movie("B")))[3] == "api:DocumentAccessImpossible"


def test_lists_types_and_everything_are_deleted(http: httpx2.Client, free_db: str) -> None:
    def delete(body: object = None, **asked: str) -> httpx2.Response:
        given = {} if body is None else {"json": body}
        return http.request("DELETE", document(free_db), params={**SAID, **asked}, **given)  # type: ignore[arg-type]

    def titles() -> list[str]:
        return [each["title"] for each in http.get(document(free_db), params={"as_list": "true"}).json()]

    http.post(document(free_db), params=SAID, json=[movie(title) for title in "ABCDE"])
    assert delete(["Movie/A", "Movie/none", "Movie/A"]).status_code == 204
    assert titles() == list("BCDE")
    version = http.head(document(free_db)).headers[VERSION]
    for idle in (delete(["Movie/none"]), delete([]), delete(type="Nope"), delete("Movie/none")):
        assert (idle.status_code, idle.headers["x-oms-changed"], idle.headers[VERSION]) == (204, "false", version)
    assert kind(delete())[3] == "api:MissingTargets"
    assert kind(delete([{"@id": "Movie/B"}]))[3] == "api:BadParameterType"
    assert kind(delete(id="Movie/none"))[3] == "api:DocumentNotFound"
    assert delete("terminusdb:///data/Movie/B").headers["x-oms-changed"] == "true"
    assert titles() == list("CDE")
    assert delete(type="Movie").status_code == 204
    assert titles() == []
    http.post(document(free_db), params=SAID, json=[movie("F")])
    assert delete(nuke="true").headers["x-oms-changed"] == "true"
    assert titles() == []


def test_branches_are_made_and_deleted(http: httpx2.Client, free_db: str) -> None:
    path = f"/api/branch/admin/{free_db}/local/branch"
    origin = {"origin": f"/admin/{free_db}/local/branch/main"}
    made = http.post(f"{path}/dev", json=origin)
    assert made.json() == {"@type": "api:BranchResponse", "api:status": "api:success"}
    assert made.headers["x-oms-branch"] == "dev"
    assert http.post(f"{path}/bare", json={"origin": "dev"}).status_code == 200
    assert http.post(f"{path}/empty", json={}).status_code == 200
    for name, body, expected in (
        ("dev", origin, "api:BranchExistsError"),
        ("x", {"origin": f"/admin/{free_db}/local/branch/none"}, "api:OriginBranchDoesNotExist"),
        ("x", {"origin": "/admin/never/local/branch/main"}, "api:UnknownOriginDatabase"),
        ("x", {"origin": "/admin/oms/local/branch/main"}, "oms:Unsupported"),
        ("x", {"origin": 7}, "api:BadParameterType"),
        ("x", {"prefixes": {"@base": "no iri"}}, "api:InvalidPrefix"),
    ):
        refused = kind(http.post(f"{path}/{name}", json=body))
        assert (refused[1], refused[3]) == ("api:BranchErrorResponse", expected)
    for name, expected in (("main", "api:BranchMainDeletionError"), ("none", "api:BranchDoesNotExistError")):
        assert kind(http.delete(f"{path}/{name}"))[3] == expected
    assert http.delete(f"{path}/dev").status_code == 200
    graph = document(free_db, "/local/_commits")
    found = http.get(graph, params={"type": "Branch", "as_list": "true"}).json()
    assert [each["name"] for each in found] == ["bare", "empty", "main"]
    (first,) = http.get(f"/api/log/admin/{free_db}/local/branch/empty").json()
    assert (found[1]["head"], first["author"]) == (first["@id"], "system")
    assert first["@id"].startswith("InitialCommit/")
    assert http.post(f"{path}/own", json={"prefixes": {"@base": "http://b/"}}).status_code == 200
    assert http.get(f"/api/prefixes/admin/{free_db}/local/branch/own").json()["@base"] == "http://b/"


def test_the_log_and_the_commit_graph_agree(http: httpx2.Client, free_db: str) -> None:
    for title in "ABC":
        http.post(document(free_db), params={**SAID, "message": title}, json=movie(title))
    log: list[Any] = http.get(f"/api/log/admin/{free_db}").json()
    assert [entry["message"] for entry in log] == ["C", "B", "A", "classes"]
    assert [entry.get("parent") for entry in log] == [*(entry["@id"] for entry in log[1:]), None]
    window = http.get(f"/api/log/admin/{free_db}", params={"start": "1", "count": "2"}).json()
    assert window == log[1:3]
    assert http.get(f"/api/log/admin/{free_db}", params={"start": "-1"}).json() == log
    assert http.get(f"/api/log/admin/{free_db}", params={"start": "9"}).json() == []
    assert http.get(f"/api/log/admin/{free_db}/local/commit/{log[2]['identifier']}").json() == log[2:]
    http.post(f"/api/branch/admin/{free_db}/local/branch/dev", json={"origin": "main"})
    graph = http.get(document(free_db, "/local/_commits"), params={"type": "ValidCommit", "as_list": "true"}).json()
    assert graph == log
    for rest, name in (("/local/_commits", "api:ResourceHasNoHistory"), ("-none", "api:UnknownDatabase")):
        assert kind(http.get(f"/api/log/admin/{free_db}{rest}"))[3] == name
    assert kind(http.get(f"/api/log/admin/{free_db}", params={"start": "x"}))[3] == "api:BadParameterType"


def test_a_whole_schema_is_replaced_at_once(http: httpx2.Client, free_db: str) -> None:
    said = {**SAID, "graph_type": "schema"}
    box = {"@type": "Class", "@id": "Box", "size": "xsd:integer"}
    full = {**said, "full_replace": "true"}
    without_context = http.post(document(free_db), params=full, json=[box])
    assert kind(without_context)[3] == "api:NoContextFoundInSchema"
    context = {"@type": "@context", "@base": "terminusdb:///data/", "@schema": "terminusdb:///schema#"}
    assert kind(http.post(document(free_db), params=said, json=context))[3] == "api:InsertingContext"
    assert http.post(document(free_db), params=full, json=[context, box]).json() == ["Box"]
    asked = {"graph_type": "schema", "as_list": "true"}
    assert http.get(document(free_db), params={**asked, "type": "sys:Class"}).json() == [box]
    assert http.get(document(free_db), params={**asked, "type": "Class"}).json() == []
    by_iri = http.get(document(free_db), params={"graph_type": "schema", "id": "terminusdb://context"}).json()
    assert by_iri == {**context, "@id": "terminusdb://context", "@type": "Context"}
    over = http.post(document(free_db), params={**said, "overwrite": "true"}, json=box)
    assert (kind(over)[3], over.json()["api:error"]["api:document_id"]) == ("api:DocumentIdAlreadyExists", "Box")
    gone = http.request("DELETE", document(free_db), params={**said, "id": "Box"})
    assert gone.status_code == 204
    again = http.request("DELETE", document(free_db), params={**said, "id": "Box"})
    assert kind(again)[3] == "api:DocumentNotFound"
    assert http.post(document(free_db), params=said, json=box).status_code == 200
    assert http.request("DELETE", document(free_db), params={**said, "nuke": "true"}).status_code == 204
    assert http.get(document(free_db), params=asked).json() == [context]
