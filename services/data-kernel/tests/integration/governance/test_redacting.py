"""Personal data taken out over REST: of a branch, and with a purge out of every file of the store."""

import httpx2
import pytest
from data_kernel_testing.kernel_process import KernelProcess

from shared.context import ADMIN_ROLE

PERSON = {
    "@type": "Class",
    "@id": "Person",
    "@key": {"@type": "Lexical", "@fields": ["number"]},
    "number": "xsd:integer",
    "name": "xsd:string",
    "mail": {"@type": "Optional", "@class": "xsd:string"},
    "phones": {"@type": "List", "@class": "xsd:string"},
    "friend": {"@type": "Optional", "@class": "Person"},
}
PHONE = "+44 20 7946 0815"
BRANCH = {"branch": "main"}


def mail(database: str) -> str:
    """The address of Ada, in each database another one: all of them lie in one file."""
    return f"ada@{database}.piccadilly.example"


@pytest.fixture(scope="module")
def own_kernel(tmp_path_factory: pytest.TempPathFactory):
    kernel = KernelProcess(tmp_path_factory.mktemp("kernel"))
    kernel.start()
    yield kernel
    kernel.kill()


@pytest.fixture
def db(own_kernel) -> str:
    """A database with persons on main, one of them named in full; a snapshot of it, and a later state."""
    database = own_kernel.new_database()
    with own_kernel.http() as http:
        assert http.put(f"/db/{database}/schema", params=BRANCH, json=PERSON).status_code == 200
        put(http, database, 1, name="Ada", mail=mail(database), phones=[PHONE, "112"], key="the first one")
        put(http, database, 2, name=f"Charles of {database}", phones=[], friend="Person/1")
        made = {"branch": "dev/oms/snapshot-20260101", "origin": {"branch": "main"}}
        assert http.post(f"/db/{database}/branches", json=made).status_code == 201
        put(http, database, 1, name="Ada L.", mail=mail(database), phones=[PHONE])
    return database


def put(http: httpx2.Client, database: str, number: int, *, key: str = "", **members: object) -> str:
    body = {"@type": "Person", "number": number, **members}
    headers = {"Idempotency-Key": key} if key else {}
    answer = http.put(f"/db/{database}/doc", params={**BRANCH, "create": "true"}, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["commit"]


def redact(kernel, database: str, selector: dict, strategy: str, *, roles=(), status: int = 200, **more: object):
    purge, params = more.pop("purge", False), {**BRANCH, **more}
    body = {"selector": selector, "strategy": strategy, "purge": purge}
    with httpx2.Client(
        base_url=f"http://127.0.0.1:{kernel.http_port}", headers=kernel.credentials(roles=roles)
    ) as http:
        answer = http.post(f"/db/{database}/redactions", params=params, json=body, timeout=30)
    assert answer.status_code == status, answer.text
    return answer.json()


def get(kernel, database: str, path: str, **params: str) -> httpx2.Response:
    with kernel.http() as http:
        return http.get(f"/db/{database}/{path}", params=params)


def person(kernel, database: str, number: int = 1, **params: str) -> dict:
    answer = get(kernel, database, f"doc/Person/{number}", **(params or BRANCH))
    assert answer.status_code == 200, answer.text
    return answer.json()


def files_with(kernel, needle: str) -> list[str]:
    """Names of the files that have it: the store's, and whatever else the kernel writes."""
    files = (each for each in kernel.folder.rglob("*") if each.is_file())
    return sorted(each.name for each in files if needle.encode() in each.read_bytes())


@pytest.mark.parametrize(
    ("selector", "strategy", "expected"),
    [
        ({"type": "Person", "path": "$.mail"}, "mask", {"mail": "*****"}),
        ({"type": "Person", "path": "$.mail"}, "null", {"mail": None}),
        ({"path": "$..mail"}, "drop", {"mail": None}),
        ({"subject": "Person/1", "path": "$.phones[*]"}, "mask", {"phones": ["*****"]}),
        ({"subject": "Person/1", "path": "$.phones[*]"}, "drop", {"phones": []}),
    ],
)
def test_values_go_in_one_attributed_commit(own_kernel, db, selector, strategy, expected) -> None:
    foretold = redact(own_kernel, db, selector, strategy, dry_run="true")
    assert (foretold["ids"], foretold["changed"]) == (["Person/1"], True)
    assert person(own_kernel, db)["mail"] == mail(db)
    done = redact(own_kernel, db, selector, strategy, message="asked for by the person")
    assert (done["ids"], done["changed"], done["certificate"]) == (["Person/1"], True, None)
    found = person(own_kernel, db)
    assert {name: found.get(name) for name in expected} == expected
    assert person(own_kernel, db, branch="dev/oms/snapshot-20260101")["mail"] == mail(db), (
        "history stays without a purge"
    )
    (commit,) = get(own_kernel, db, "log", branch="main", count="1").json()["commits"]
    assert (commit["id"], commit["author"]) == (done["commit"], "alice@oms")
    assert commit["message"] == "asked for by the person"
    assert redact(own_kernel, db, selector, strategy)["changed"] is False, "there is nothing left to redact"


def test_a_digest_takes_the_place_of_equal_texts(own_kernel, db) -> None:
    redact(own_kernel, db, {"type": "Person", "path": "$.name"}, "hash")
    one, other = person(own_kernel, db, 1)["name"], person(own_kernel, db, 2)["name"]
    assert len(one) == len(other) == 32
    assert one != other


def test_what_the_classes_ask_for_is_not_taken_away(own_kernel, db) -> None:
    refused = redact(own_kernel, db, {"type": "Person", "path": "$.name"}, "drop", status=422)
    assert {each["rule"] for each in refused["violations"]} == {"required"}
    redact(own_kernel, db, {"subject": "Person/1"}, "drop", status=422)  # Charles refers to it
    assert person(own_kernel, db)["name"] == "Ada L."


def test_a_purge_leaves_the_value_in_no_file_of_the_store(own_kernel, db) -> None:
    before = get(own_kernel, db, "log", branch="main").json()["commits"]
    assert files_with(own_kernel, mail(db)) != []
    assert person(own_kernel, db, branch="dev/oms/snapshot-20260101")["mail"] == mail(db)

    done = redact(own_kernel, db, {"subject": "Person/1", "path": "$['mail']"}, "mask", roles=(ADMIN_ROLE,), purge=True)
    assert done["purged_versions"] == 2
    assert files_with(own_kernel, mail(db)) == []
    assert files_with(own_kernel, done["certificate"]) != []

    found = person(own_kernel, db)
    assert (found["name"], found["mail"]) == ("Ada L.", "*****")
    for params in ({"branch": "dev/oms/snapshot-20260101"}, {"rev": before[0]["id"]}, {"rev": before[2]["id"]}):
        gone = get(own_kernel, db, "doc/Person/1", **params)
        assert gone.status_code == 410
        assert done["certificate"] in gone.json()["detail"]
    kept = [each["id"] for each in get(own_kernel, db, "log", branch="main").json()["commits"]]
    assert kept == [done["commit"], *(each["id"] for each in before)], "commits keep their ids"

    certificate = get(own_kernel, db, f"redactions/{done['certificate']}").json()
    assert certificate["documents"] == ["Person/1"]
    assert (certificate["versions"], certificate["commit"]) == (2, done["commit"])
    assert (certificate["actor"], certificate["strategy"]) == ("alice@oms", "mask")
    assert certificate["selector"] == {"type": "", "path": "$['mail']", "subject": "Person/1"}
    assert get(own_kernel, "oms", f"redactions/{done['certificate']}").status_code == 404, "another database's"
    assert get(own_kernel, db, "redactions/never").status_code == 404

    put_again = {"@type": "Person", "number": 1, "name": "Ada", "mail": mail(db), "phones": [PHONE, "112"]}
    with own_kernel.http() as http:  # the answer to the key is gone with what it named
        again = http.put(
            f"/db/{db}/doc",
            params={**BRANCH, "dry_run": "true"},
            json=put_again,
            headers={"Idempotency-Key": "the first one"},
        )
    assert again.status_code == 200


def test_a_dropped_document_is_purged_as_a_whole(own_kernel, db) -> None:
    selector = {"subject": "Person/2"}
    assert files_with(own_kernel, f"Charles of {db}") != []
    done = redact(own_kernel, db, selector, "drop", roles=(ADMIN_ROLE,), purge=True)
    assert (done["ids"], done["purged_versions"]) == (["Person/2"], 1)
    assert files_with(own_kernel, f"Charles of {db}") == []
    assert get(own_kernel, db, "doc/Person/2", **BRANCH).status_code == 404
    assert get(own_kernel, db, "doc/Person/2", branch="dev/oms/snapshot-20260101").status_code == 410


def test_only_an_operator_purges(own_kernel, db) -> None:
    redact(own_kernel, db, {"path": "$..mail"}, "drop", purge=True, status=403)
    assert person(own_kernel, db)["mail"] == mail(db)


def test_the_kernels_own_database_stays_closed(own_kernel, db) -> None:
    redact(own_kernel, db, {"path": "$..mail"}, "drop", roles=(ADMIN_ROLE,), purge=True)
    assert get(own_kernel, "_kernel", "doc", branch="main").status_code == 403
    redact(own_kernel, "_kernel", {"type": "Certificate"}, "drop", roles=(ADMIN_ROLE,), purge=True, status=403)
    with own_kernel.http() as http:
        names = [each["database"] for each in http.get("/db").json()["databases"]]
    assert "_kernel" not in names


@pytest.mark.parametrize(
    ("selector", "strategy", "field"),
    [
        ({}, "drop", "selector"),
        ({"path": "$[0]"}, "drop", "path"),
        ({"type": "Person"}, "mask", "strategy"),
        ({"type": "Person", "more": 1}, "drop", "body.selector.more"),
        ({"type": "Person"}, "forget", "body.strategy"),
    ],
)
def test_a_redaction_that_is_none_is_refused(own_kernel, db, selector, strategy, field) -> None:
    assert redact(own_kernel, db, selector, strategy, status=400)["field"] == field


def test_a_purge_asked_for_again_leaves_what_was_written_since(own_kernel, db) -> None:
    credentials = own_kernel.credentials(roles=(ADMIN_ROLE,)) | {"Idempotency-Key": "once"}
    body = {"selector": {"subject": "Person/1", "path": "$.mail"}, "strategy": "drop", "purge": True}

    def purge() -> dict:
        with httpx2.Client(base_url=f"http://127.0.0.1:{own_kernel.http_port}", headers=credentials) as http:
            answer = http.post(f"/db/{db}/redactions", params=BRANCH, json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    first = purge()
    assert (first["changed"], first["purged_versions"] > 0) == (True, True)
    with own_kernel.http() as http:
        since = put(http, db, 1, name="Ada", mail="new@example.com", phones=[])
        latest = put(http, db, 1, name="Ada", phones=[])
    assert purge() == first
    assert person(own_kernel, db, rev=since)["mail"] == "new@example.com"
    assert get(own_kernel, db, "log", **BRANCH).json()["commits"][0]["id"] == latest
