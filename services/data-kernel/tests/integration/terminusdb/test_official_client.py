"""TerminusDB's own Python client, as it comes, with the account that every TerminusDB in development has."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from data_kernel_testing.kernel_process import KernelProcess
from requests import HTTPError
from terminusdb_client import Client
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
