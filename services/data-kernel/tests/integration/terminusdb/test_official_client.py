"""TerminusDB's own Python client, as it comes, with the account that every TerminusDB in development has."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from data_kernel_testing.kernel_process import KernelProcess
from requests import HTTPError
from terminusdb_client import Client
from terminusdb_client.client import Patch
from terminusdb_client.errors import DatabaseError, InterfaceError

PERSON = {
    "@type": "Class",
    "@id": "Person",
    "@key": {"@type": "Lexical", "@fields": ["name"]},
    "name": "xsd:string",
    "age": {"@type": "Optional", "@class": "xsd:integer"},
}
ANN, BOB = {"@type": "Person", "name": "Ann", "age": 1}, {"@type": "Person", "name": "Bob"}


@pytest.fixture
def client(kernel: KernelProcess, request: pytest.FixtureRequest) -> Iterator[Client]:
    """Connected to a database of its own with the class Person."""
    connected = Client(f"http://127.0.0.1:{kernel.http_port}")
    connected.connect(user="admin", key="root", team="admin")
    connected.create_database(request.node.name, label="Label", description="Comment")
    connected.insert_document(PERSON, graph_type="schema", commit_msg="classes")
    yield connected
    connected._session.close()


def test_databases(client: Client, kernel: KernelProcess) -> None:
    assert client.ok()
    assert client.info()["api:info"]["terminusdb"]["version"] == "12.0.6"
    assert client.has_database("test_databases")
    assert not client.has_database("never")
    assert client.get_database("test_databases")["path"] == "admin/test_databases"
    shown = {each["name"]: each for each in client.get_databases()}["test_databases"]
    assert (shown["label"], shown["comment"]) == ("Label", "Comment")
    with pytest.raises(DatabaseError, match="Database already exists"):
        client.create_database("test_databases")
    client.delete_database("test_databases", team="admin")
    assert not client.has_database("test_databases")
    with pytest.raises(InterfaceError):
        Client(f"http://127.0.0.1:{kernel.http_port}").connect(user="admin", key="wrong", team="admin")


def test_documents(client: Client) -> None:
    ids = client.insert_document([ANN, BOB], commit_msg="people")
    assert ids == ["terminusdb:///data/Person/Ann", "terminusdb:///data/Person/Bob"]
    assert client.get_document("Person/Ann") == {"@id": "Person/Ann", **ANN}
    assert client.has_doc("Person/Bob")
    assert not client.has_doc("Person/Cid")
    assert [each["@id"] for each in client.get_all_documents()] == ["Person/Ann", "Person/Bob"]
    assert [each["name"] for each in client.get_documents_by_type("Person", skip=1)] == ["Bob"]
    assert [each["name"] for each in client.query_document({"@type": "Person", "age": 1})] == ["Ann"]
    client.replace_document({**ANN, "age": 2})
    client.update_document([{**BOB, "age": 3}, {"@type": "Person", "name": "Cid"}])
    assert [each.get("age") for each in client.get_all_documents()] == [2, 3, None]
    _, version = client.get_document("Person/Ann", get_data_version=True)
    client.delete_document("Person/Ann", last_data_version=version)
    with pytest.raises(DatabaseError, match="data version"):
        client.delete_document("Person/Bob", last_data_version=version)
    with pytest.raises(DatabaseError):
        client.insert_document({"@type": "Person", "name": "Dee", "colour": "red"})
    assert [each["name"] for each in client.get_all_documents()] == ["Bob", "Cid"]
    client.insert_document({"any": ["json"]}, raw_json=True)
    assert [each["any"] for each in client.get_all_documents() if "any" in each] == [["json"]]


def test_documents_that_the_client_packs(client: Client) -> None:
    people = [{"@type": "Person", "name": f"Person {number:03}", "age": number} for number in range(200)]
    assert len(client.insert_document(people)) == 200
    client.replace_document([{**each, "age": 7} for each in people])
    client.update_document([*people, ANN])
    assert [each["age"] for each in client.get_all_documents()] == [1, *range(200)]


def test_schema_and_prefixes(client: Client) -> None:
    assert list(client.get_existing_classes()) == ["Person"]
    assert client.get_document("Person", graph_type="schema") == PERSON
    frame = client.get_class_frame("Person")
    assert (frame["@key"], frame["age"]) == (PERSON["@key"], PERSON["age"])
    client.replace_document({**PERSON, "born": {"@type": "Optional", "@class": "xsd:integer"}}, graph_type="schema")
    assert "born" in client.get_class_frame("Person")
    client.add_prefix("ex", "http://ex.example/")
    assert client.get_prefix("ex") == "http://ex.example/"
    client.update_prefix("ex", "http://else.example/")
    client.upsert_prefix("other", "http://other.example/")
    client.delete_prefix("ex")
    with pytest.raises(HTTPError, match="404"):
        client.get_prefix("ex")
    assert client.get_prefix("other") == "http://other.example/"


def test_branches_and_the_log(client: Client) -> None:
    client.insert_document(ANN, commit_msg="on main")
    client.create_branch("dev")
    client.branch = "dev"
    client.insert_document(BOB, commit_msg="on dev")
    assert [each["name"] for each in client.get_all_documents()] == ["Ann", "Bob"]
    assert [each["name"] for each in client.get_all_branches()] == ["dev", "main"]
    newest, *older = client.log(db="test_branches_and_the_log/local/branch/dev")
    assert (newest["message"], newest["author"]) == ("on dev", "admin")
    assert [each["message"] for each in older] == ["on main", "classes"]
    client.branch = "main"
    assert [each["message"] for each in client.log()] == ["on main", "classes"]
    assert isinstance(client.log(count=1)[0]["timestamp"], datetime)
    client.ref = client.log(start=1)[0]["identifier"]
    assert list(client.get_all_documents()) == []
    client.ref = None
    client.create_branch("empty", empty=True)
    client.delete_branch("dev")
    assert [each["name"] for each in client.get_all_branches()] == ["empty", "main"]


def test_differences_and_patches(client: Client) -> None:
    client.insert_document([ANN, BOB], commit_msg="people")
    before = client.log()[0]["identifier"]
    client.replace_document({**ANN, "@id": "Person/Ann", "age": 2}, commit_msg="older")
    client.delete_document("Person/Bob", commit_msg="gone")
    client.insert_document({"@type": "Person", "name": "Cid"}, commit_msg="new")
    older = {"@id": "Person/Ann", "age": {"@op": "SwapValue", "@before": 1, "@after": 2}}
    changes = client.diff_version(before, "main")
    assert older in changes
    assert {"@op": "Delete", "@delete": {"@id": "Person/Bob", **BOB}} in changes
    assert {"@op": "Insert", "@insert": {"@id": "Person/Cid", "@type": "Person", "name": "Cid"}} in changes
    assert len(changes) == 3
    assert client.diff(before, "main", document_id="terminusdb:///data/Person/Ann").content == older
    given = {**ANN, "@id": "Person/Ann", "age": 7}
    assert client.diff_object(given, {**given, "age": 8}) == {
        "@id": "Person/Ann",
        "age": {"@op": "SwapValue", "@before": 7, "@after": 8},
    }
    patch = client.diff(given, {**given, "age": 8})
    assert client.patch(given, patch) == {**given, "age": 8}
    with pytest.raises(DatabaseError):
        client.patch({**given, "age": 9}, patch)
    with pytest.raises(DatabaseError, match="no such commit or branch"):
        client.diff_version("nope", "main")


def test_patches_of_what_is_stored(client: Client) -> None:
    client.insert_document([ANN, BOB], commit_msg="people")
    given = {**ANN, "@id": "Person/Ann"}
    older = client.diff(given, {**given, "age": 2})
    ids = client.patch_resource(older, message="older", author="kim")
    assert ids == ["terminusdb:///data/Person/Ann"]
    assert client.get_document("Person/Ann")["age"] == 2
    assert (client.log()[0]["message"], client.log()[0]["author"]) == ("older", "kim")
    client.patch_resource(older, message="older again")
    assert client.log()[0]["message"] == "older"
    with pytest.raises(DatabaseError, match="did not apply cleanly"):
        client.patch_resource(older, match_final_state=False)
    with pytest.raises(DatabaseError, match="did not apply cleanly"):
        client.patch_resource(
            Patch(json='{"@id": "Person/Ann", "age": {"@op": "SwapValue", "@before": 7, "@after": 8}}')
        )
    born = {"@id": "Person/Cid", "@type": "Person", "name": "Cid"}
    gone = {"@op": "Delete", "@delete": {"@id": "Person/Bob", **BOB}}
    several = Patch()
    several.content = [{"@op": "Insert", "@insert": born}, gone]
    client.patch_resource(several)
    assert [each["name"] for each in client.get_all_documents()] == ["Ann", "Cid"]


def test_the_history_of_a_document(client: Client) -> None:
    client.insert_document(ANN, commit_msg="born")
    client.insert_document(BOB, commit_msg="another")
    client.replace_document({**ANN, "age": 2}, commit_msg="older")
    newest, oldest = client.get_document_history("Person/Ann")
    assert (newest["message"], oldest["message"]) == ("older", "born")
    assert isinstance(newest["timestamp"], datetime)
    assert [each["message"] for each in client.get_document_history("Person/Ann", start=1)] == ["born"]
    assert [each["message"] for each in client.get_document_history("Person/Ann", count=1)] == ["older"]
    ends = client.get_document_history("Person/Ann", created=True, updated=True)
    assert (ends["created"]["message"], ends["updated"]["message"]) == ("born", "older")
    assert client.get_document_history("Person/Nobody") == []
    assert [each["message"] for each in client.get_commit_history(2)] == ["older", "another"]


def test_a_difference_is_applied_to_another_branch(client: Client) -> None:
    client.insert_document([ANN, BOB], commit_msg="people")
    before = client.log()[0]["identifier"]
    client.create_branch("dev")
    client.branch = "dev"
    client.replace_document({**ANN, "age": 2}, commit_msg="older")
    client.delete_document("Person/Bob", commit_msg="gone")
    applied = client.apply(before, "dev", branch="main", message="taken over", author="kim")
    assert applied["api:status"] == "api:success"
    client.branch = "main"
    assert list(client.get_all_documents()) == [{"@id": "Person/Ann", **ANN, "age": 2}]
    assert [each["message"] for each in client.log()] == ["taken over", "people", "classes"]
    client.replace_document({**ANN, "age": 7}, commit_msg="elsewhere")
    with pytest.raises(DatabaseError):
        client.apply("dev", before, branch="main")
    assert client.get_document("Person/Ann")["age"] == 7


def test_a_difference_that_was_applied_changes_nothing_again(client: Client) -> None:
    tags = {"@type": "List", "@class": "xsd:integer"}
    client.insert_document({"@type": "Class", "@id": "Tagged", "tags": tags}, graph_type="schema")
    empty = {"@id": "Tagged/1", "@type": "Tagged", "tags": []}
    client.insert_document(empty)
    before = client.log()[0]["identifier"]
    client.create_branch("dev")
    client.branch = "dev"
    client.replace_document({**empty, "tags": [1]})
    for _ in range(2):
        client.apply(before, "dev", branch="main")
    client.branch = "main"
    assert client.get_document("Tagged/1")["tags"] == [1]


def test_a_branch_is_rebased(client: Client) -> None:
    client.insert_document(ANN, commit_msg="on both")
    client.create_branch("dev")
    client.insert_document(BOB, commit_msg="on main")
    main = client.log()[0]["identifier"]
    client.branch = "dev"
    client.insert_document({"@type": "Person", "name": "Cid"}, commit_msg="on dev")
    done = client.rebase(branch="main", author="kim")
    assert done["api:forwarded_commits"] == [main]
    log = client.log(db="test_a_branch_is_rebased/local/branch/dev")
    assert [each["message"] for each in log] == ["on dev", "on main", "on both", "classes"]
    (report,) = done["api:rebase_report"]
    assert (log[0]["author"], report["api:applied"]) == ("kim", [log[0]["identifier"]])
    assert [each["name"] for each in client.get_all_documents()] == ["Ann", "Bob", "Cid"]
    client.replace_document({**ANN, "age": 5}, commit_msg="here")
    client.branch = "main"
    client.replace_document({**ANN, "age": 6}, commit_msg="there")
    there = client.log()[0]["identifier"]
    client.branch = "dev"
    with pytest.raises(DatabaseError, match="Rebase failed on commit"):
        client.rebase(commit=there)
    assert client.get_document("Person/Ann")["age"] == 5


def test_a_branch_is_squashed_and_reset(client: Client) -> None:
    client.insert_document(ANN, commit_msg="first")
    client.insert_document(BOB, commit_msg="second")
    head = client.log()[0]["identifier"]
    squashed = client.squash(message="both", author="kim")
    assert client.log()[0]["identifier"] == head
    client.reset(squashed, use_path=True)
    (only,) = client.log()
    assert (only["message"], only["author"], squashed.rpartition("/")[2]) == ("both", "kim", only["identifier"])
    assert [each["name"] for each in client.get_all_documents()] == ["Ann", "Bob"]
    client.reset(head)
    assert [each["message"] for each in client.log()] == ["second", "first", "classes"]
    client.optimize("admin/test_a_branch_is_squashed_and_reset/local/branch/main")
    client.optimize("admin/test_a_branch_is_squashed_and_reset/local/_commits")
    with pytest.raises(DatabaseError):
        client.reset("z" * 31)
