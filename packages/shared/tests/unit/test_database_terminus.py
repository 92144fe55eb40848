"""The legacy client's requests and what it makes of recorded answers of TerminusDB 12.0.6."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2
import pytest

from shared.canonical import JsonNumber
from shared.context import CallContext, Caller, use
from shared.database.clients.terminus import TerminusDBClient
from shared.errors import (
    AlreadyExists,
    Conflict,
    InvalidInput,
    NotFound,
    Reason,
    Unavailable,
    Unsupported,
    ValidationFailed,
)
from shared.http.client import open_http_client
from shared.resilience import CircuitOpen, Resilience
from shared.telemetry import Telemetry

ALICE = CallContext(caller=Caller("alice", "oms"), bearer_token="t0ken", method="POST", route="/api/v1/objects/{type}")
HEAD = ("HEAD", 200, {"TerminusDB-Data-Version": "branch:old1"}, b"")


@dataclass
class Store:
    """Answers in the order given, and keeps the requests."""

    answers: list[tuple[str, int, dict[str, str], bytes]]
    seen: list[httpx2.Request] = field(default_factory=list)

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        method, status, headers, body = self.answers.pop(0)
        assert request.method == method
        return httpx2.Response(status, headers=headers, content=body)

    @property
    def paths(self) -> list[str]:
        return [request.url.raw_path.decode().partition("?")[0] for request in self.seen]


def answer(method, body=None, status=200, version="", **headers):
    if version:
        headers["TerminusDB-Data-Version"] = version
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return method, status, headers, b"" if body is None else json.dumps(body).encode()


def refusal(method, status, kind, **members):
    return answer(method, {"@type": "api:X", "api:error": {"@type": f"api:{kind}", **members}}, status)


def client_of(store, **options):
    client = TerminusDBClient("http://store", **options)
    transport = httpx2.MockTransport(store.handle)
    client._http._client = open_http_client("http://store", audience="data-kernel", transport=transport)
    return client


async def test_a_document_is_read_by_branch_and_commit():
    store = Store([answer("GET", {"@id": "Movie/a"}), answer("GET", {"@id": "Movie/a"})])
    client = client_of(store)

    with use(ALICE):
        assert await client.get_document("Movie/a b+c", branch="dev/oms/main") == {"@id": "Movie/a"}
        await client.get_document("Movie/a", rev="abc", database="other")

    assert store.paths == [
        "/api/document/admin/oms/local/branch/dev%2Foms%2Fmain",
        "/api/document/admin/other/local/commit/abc",
    ]
    assert store.seen[0].url.params["id"] == "Movie/a b+c"
    assert store.seen[0].headers["authorization"] == "Bearer t0ken"
    assert store.seen[0].headers["x-branch"] == "dev/oms/main"


async def test_with_a_key_the_users_token_stays_here():
    store = Store([answer("GET", {"@id": "Movie/a"})])
    client = client_of(store, key="root")

    with use(ALICE):
        await client.get_document("Movie/a")

    expected = base64.b64encode(b"admin:root").decode()
    assert store.seen[0].headers["authorization"] == f"Basic {expected}"


async def test_an_error_in_the_body_of_a_200_is_an_error():
    body = b'Status: 404\nContent-type: application/json\n\n{"api:error":{"@type":"api:DocumentNotFound"}}'
    client = client_of(Store([("GET", 200, {}, body)]))

    with pytest.raises(NotFound):
        await client.get_document("Movie/deleted")


@pytest.mark.parametrize(
    ("create", "method", "sent"), [(True, "POST", None), (False, "PUT", None), (None, "PUT", "true")]
)
async def test_a_write_is_attributed_and_answers_short_ids(create, method, sent):
    store = Store([HEAD, answer(method, ["terminusdb:///data/Movie/a"], version="branch:new1")])
    client = client_of(store)

    with use(ALICE):
        result = await client.put_document({"@type": "Movie", "n": JsonNumber("1.50")}, create=create)

    write = store.seen[1]
    assert (result.ids, result.commit, result.branch, result.changed) == (("Movie/a",), "new1", "main", True)
    assert write.url.params["author"] == "alice@oms"
    assert write.url.params["message"] == "[oms] POST /api/v1/objects/{type}"
    assert write.url.params.get("create") == sent
    assert write.content == b'{"@type":"Movie","n":1.50}'


async def test_background_work_writes_as_the_service_and_a_message_is_kept():
    store = Store([HEAD, answer("POST", ["Movie/a"], version="branch:old1")])
    client = client_of(store, service="scheduler")

    result = await client.put_document({"@type": "Movie"}, create=True, message="why", expected_head=None)

    assert not result.changed
    assert store.seen[1].url.params["author"] == "system@scheduler"
    assert store.seen[1].url.params["message"] == "why"


async def test_what_the_kernel_tells_of_a_write_is_believed_and_the_head_not_asked_again():
    told = {"X_Oms_Changed": "false", "X_Oms_Branch": "dev/oms/main"}
    writes = [answer("POST", ["Movie/a"], version="branch:new", **told) for _ in range(2)]
    store = Store([HEAD, *writes])
    client = client_of(store)

    first = await client.put_document({"@type": "Movie"}, create=True)
    await client.put_document({"@type": "Movie"}, create=True)

    assert (first.changed, first.branch) == (False, "dev/oms/main")
    assert [request.method for request in store.seen] == ["HEAD", "POST", "POST"]


async def test_an_expected_head_is_the_data_version():
    store = Store([refusal("PUT", 400, "DataVersionMismatch")])

    with pytest.raises(Conflict) as caught:
        await client_of(store).put_document({"@type": "Movie"}, expected_head="abcd")

    assert caught.value.reason is Reason.STALE_HEAD
    assert store.seen[0].headers["terminusdb-data-version"] == "branch:abcd"


async def test_a_patch_is_merged_here_and_repeated_where_the_branch_moved():
    document = {"@id": "Movie/a", "@type": "Movie", "year": 1, "note": "x"}
    store = Store(
        [
            answer("GET", document, version="branch:c1"),
            refusal("PUT", 400, "DataVersionMismatch"),
            answer("GET", {**document, "title": "T"}, version="branch:c2"),
            answer("PUT", ["Movie/a"], version="branch:c3"),
        ]
    )

    result = await client_of(store).patch_document("Movie/a", {"year": 2, "note": None})

    assert (result.commit, result.changed) == ("c3", True)
    assert json.loads(store.seen[3].content) == {"@id": "Movie/a", "@type": "Movie", "year": 2, "title": "T"}
    assert store.seen[3].headers["terminusdb-data-version"] == "branch:c2"


async def test_a_patch_with_an_expected_head_is_not_repeated():
    store = Store([answer("GET", {"@id": "Movie/a"}, version="branch:c1"), refusal("PUT", 400, "DataVersionMismatch")])

    with pytest.raises(Conflict):
        await client_of(store).patch_document("Movie/a", {"year": 2}, expected_head="c0")

    assert store.seen[1].headers["terminusdb-data-version"] == "branch:c0"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.patch_document("Movie/a", [{"op": "remove", "path": "/x"}]),
        lambda client: client.put_document({"@type": "Movie"}, dry_run=True),
    ],
)
async def test_what_terminusdb_has_not_is_unsupported(call):
    with pytest.raises(Unsupported):
        await call(client_of(Store([])))


async def test_a_list_with_a_missing_document_deletes_nothing():
    store = Store([answer("GET", [{"@id": "Movie/a"}])])

    with pytest.raises(NotFound, match="Movie/b"):
        await client_of(store).delete_document(["Movie/a", "Movie/b"])

    assert json.loads(store.seen[0].url.params["ids"]) == ["Movie/a", "Movie/b"]


async def test_one_document_is_deleted_by_id():
    store = Store([HEAD, answer("DELETE", None, 204, "branch:new")])

    result = await client_of(store).delete_document("Movie/a")

    assert (result.ids, result.commit, result.changed) == (("Movie/a",), "new", True)


async def test_pages_stay_at_the_commit_of_the_first():
    documents = [{"@id": f"Movie/{number}"} for number in range(3)]
    store = Store([answer("GET", documents, version="branch:c1"), answer("GET", documents[2:], version="commit:c1")])
    client = client_of(store)

    first = await client.page_documents("Movie", page_size=2)
    second = await client.page_documents("Movie", page_size=2, page_token=first.next_page_token)

    assert (len(first.documents), first.commit, len(second.documents), second.next_page_token) == (2, "c1", 1, "")
    assert store.paths[1] == "/api/document/admin/oms/local/commit/c1"
    assert dict(store.seen[1].url.params) == {"type": "Movie", "as_list": "true", "skip": "2", "count": "3"}
    for token in (first.next_page_token, "nonsense", ""):
        with pytest.raises(InvalidInput):
            await client.page_documents("Person", page_size=2 if token else 0, page_token=token)


async def test_a_listing_is_split_at_line_feeds_alone():
    lines = '{"@id":"a","t":"x\u2028y"}\n{"@id":"b","n":1.0}\n'.encode()
    client = client_of(Store([("GET", 200, {}, lines)]))

    found = [document async for document in client.list_documents("Movie")]

    assert [document["@id"] for document in found] == ["a", "b"]
    assert found[1]["n"].text == "1.0"


LOG = [
    {"identifier": "c2", "author": "b", "message": "m2", "timestamp": 1700000000.25, "parent": "ValidCommit/c1"},
    {"identifier": "c1", "author": "a", "message": "m1", "timestamp": 1600000000, "oms:actor": "alice@oms"},
]


async def test_the_log_is_read_with_exact_times():
    commits = await client_of(Store([answer("GET", LOG)])).log(count=2)

    assert commits[0].time == datetime(2023, 11, 14, 22, 13, 20, 250_000, UTC)
    assert (commits[0].parents, commits[1].parents, commits[1].actor) == (("c1",), (), "alice@oms")


async def test_a_time_is_the_newest_commit_before_it():
    store = Store([answer("GET", LOG), answer("GET", {"@id": "Movie/a"}), answer("GET", LOG), answer("GET", [])])
    client = client_of(store)

    await client.get_document("Movie/a", rev="2023-01-01T00:00:00Z")

    assert store.paths[1] == "/api/document/admin/oms/local/commit/c1"
    with pytest.raises(NotFound):
        await client.get_document("Movie/a", rev="2001-01-01T00:00:00Z")
    with pytest.raises(InvalidInput):
        await client.get_document("Movie/a", rev="2001-01-01")


async def test_the_difference_is_that_of_two_listings():
    before = b'{"@id":"M/b","@type":"M","n":1}\n{"@id":"M/c","@type":"M"}\n'
    after = b'{"@id":"M/a","@type":"M"}\n{"@id":"M/b","@type":"M","n":1.0}\n'
    client = client_of(Store([("GET", 200, {}, before), ("GET", 200, {}, after)]))

    changes = [(change.id, change.kind.value) async for change in client.diff("c1", "c2")]

    assert changes == [("M/a", "created"), ("M/b", "updated"), ("M/c", "deleted")]


async def test_branches_are_made_at_their_origin():
    store = Store(
        [
            answer("POST", {"@type": "api:BranchResponse"}),
            HEAD,
            answer("GET", {"path": "admin/oms", "branches": ["x", "main"]}),
            HEAD,
            ("HEAD", 400, {}, b""),
        ]
    )
    client = client_of(store)

    made = await client.create_branch("dev/oms/x", origin_commit="c1")
    found = await client.branches()

    assert store.paths[0] == "/api/branch/admin/oms/local/branch/dev%2Foms%2Fx"
    assert json.loads(store.seen[0].content) == {"origin": "/admin/oms/local/commit/c1"}
    assert made.head == "old1"
    assert [(branch.name, branch.head) for branch in found] == [("main", "old1"), ("x", "")]


@pytest.mark.parametrize(
    ("given", "error", "reason"),
    [
        (refusal("GET", 404, "DocumentNotFound"), NotFound, Reason.NOT_FOUND),
        (refusal("GET", 400, "UnresolvableAbsoluteDescriptor"), NotFound, Reason.NOT_FOUND),
        (refusal("GET", 400, "DocumentIdAlreadyExists"), AlreadyExists, Reason.ALREADY_EXISTS),
        (refusal("GET", 409, "PatchConflict"), Conflict, Reason.MERGE_CONFLICT),
        (refusal("GET", 400, "MissingParameter"), InvalidInput, Reason.INVALID_INPUT),
        (answer("GET", {"api:status": "api:not_found", "api:path": "/x"}, 404), Unsupported, Reason.UNSUPPORTED),
    ],
)
async def test_refusals_are_the_platforms_errors(given, error, reason):
    with pytest.raises(error) as caught:
        await client_of(Store([given])).get_document("Movie/a")

    assert caught.value.reason is reason


async def test_what_the_store_fails_at_is_unavailable():
    failed = refusal("POST", 500, "UnhandledErrorResponse")

    with pytest.raises(Unavailable) as caught:
        await client_of(Store([HEAD, failed])).put_document({"@type": "Movie"}, create=True)

    assert caught.value.retry_after_s


async def test_the_kernels_violations_are_the_same_as_by_grpc():
    told = [{"path": "Movie/1#/year", "rule": "type", "message": "no integer"}]
    members = {"oms:violations": told, "oms:reason": "VALIDATION_FAILED", "oms:detail": "broken"}
    store = Store([HEAD, refusal("POST", 400, "SchemaCheckFailure", **members)])

    with pytest.raises(ValidationFailed, match="broken") as caught:
        await client_of(store).put_document({"@type": "Movie"}, create=True)

    assert [(one.path, one.rule, one.message) for one in caught.value.violations] == [
        ("Movie/1#/year", "type", "no integer")
    ]


async def test_terminusdbs_witnesses_are_violations_without_content():
    witness = {
        "@type": "instance_not_cardinality_one",
        "instance": "terminusdb:///data/Movie/Alien",
        "predicate": "terminusdb:///schema#director",
    }
    store = Store([HEAD, refusal("POST", 400, "SchemaCheckFailure", **{"api:witnesses": [witness]})])

    with pytest.raises(ValidationFailed) as caught:
        await client_of(store).put_document({"@type": "Movie"}, create=True)

    assert [(one.path, one.rule) for one in caught.value.violations] == [
        ("Movie/Alien#/director", "instance_not_cardinality_one")
    ]


async def test_the_schema_graph_is_addressed():
    store = Store([HEAD, answer("PUT", ["Movie"], version="branch:c2"), answer("GET", {"@id": "Movie"})])
    client = client_of(store)

    result = await client.put_schema([{"@type": "Class", "@id": "Movie"}])
    await client.get_schema("Movie")

    assert result.ids == ("Movie",)
    assert [request.url.params.get("graph_type") for request in store.seen[1:]] == ["schema", "schema"]


def test_without_an_address_the_settings_give_it(monkeypatch):
    monkeypatch.setenv("TERMINUS_URL", "http://elsewhere:1")
    monkeypatch.setenv("TERMINUS_KEY", "root")

    client = TerminusDBClient()

    assert str(client._http._client.base_url).rstrip("/") == "http://elsewhere:1"
    assert client._http._credentials


async def test_health_is_asked_even_with_an_open_circuit():
    failing = [refusal("HEAD", 500, "UnhandledErrorResponse") for _ in range(20)]
    store = Store([*failing, ("GET", 200, {}, b"")])
    client = client_of(store)
    client._http._resilience = Resilience("store", Telemetry.off("tests").registry, threshold=1, attempts=1)
    with pytest.raises(Unavailable):
        await client.put_document({"@type": "Movie"})
    with pytest.raises(CircuitOpen):
        await client.put_document({"@type": "Movie"})
    store.answers = [("GET", 200, {}, b"")]

    await client.health()

    assert store.paths[-1] == "/api/ok"
