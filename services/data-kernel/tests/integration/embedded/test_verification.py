"""A store that was written to holds in every part; whatever is changed in its file behind its back is found."""

import apsw
import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.disk import sealing
from data_kernel.adapters.embedded.encoding.row_digests import COLUMNS
from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.application.ports import Plan, PurgeRequest, ValueQuery, WriteRequest
from data_kernel.domain.databases import Database, Revision, State, Tag
from data_kernel.domain.documents import Change, Graph

DOCUMENTS = 300


def unseen(_part: str, _done: int, _total: int) -> None:
    """Nobody looks at the progress."""


async def make_history(store: EmbeddedStore, put, attribution) -> None:
    """Documents with references and odd ids, several branches, a tag, a deleted branch, a schema, a second database."""

    def plan(_view) -> Plan:
        ids = [f"Movie/{number:04}" for number in range(DOCUMENTS)]
        refers = frozenset({"Movie/0000"})
        changes = [Change(Graph.INSTANCE, each, "Movie", None, each.encode(), refers) for each in ids]
        changes += [
            Change(Graph.INSTANCE, "odd", "Movie", None, b"odd"),
            Change(Graph.SCHEMA, "Movie", "Class", None, b"{}"),
        ]
        return Plan(tuple(ids), tuple(changes))

    await store.write(WriteRequest("oms", "main", attribution, plan))
    await store.create_branch("oms", "side", attribution, Revision(branch="main"))
    await store.create_branch("oms", "gone", attribution, Revision(branch="main"))
    for number in range(100):
        await put(store, f"Movie/{number:04}", b"changed %d" % number)
    await store.delete_branch("oms", "gone", attribution)
    await store.set_tag(Tag("oms", "released", (await store.get_branch("oms", "side")).head))
    await store.create_database(Database("other"))
    await put(store, "Movie/1", b"1", database="other", create_branch=True)


async def make_index(store: EmbeddedStore, put) -> None:
    """People in the second database, and a saved index of their names."""
    for number in range(40):
        outcome = await put(store, f"Person/{number:02}", b'{"name":"%d"}' % number, database="other")
    query = ValueQuery("Person", "name", "7")
    found = [each.id async for batch in store.find("other", State(outcome.commit, None), query) for each in batch]
    assert found == ["Person/07"]


@pytest.fixture
async def closed(store, put, attribution, path):
    """The file of a store with a history, which nobody has open."""
    await make_history(store, put, attribution)
    await make_index(store, put)
    await store.close()
    return path


async def test_a_store_holds_while_it_is_written_to_and_afterwards(store, put, attribution, path) -> None:
    await make_history(store, put, attribution)
    parts: list[tuple[str, int, int]] = []
    live = verify_file(path, lambda *told: parts.append(told))
    assert live.fault is None
    assert (live.counts.databases, live.counts.commits) == (2, 102)
    assert live.counts.versions == DOCUMENTS + 2 + 100 + 1
    assert {part for part, _, _ in parts} == {"commits", "states", "indexes", "branches"}
    assert all(done <= total for _, done, total in parts)
    await store.close()
    assert verify_file(path, unseen) == live


async def test_what_was_purged_is_counted(store, put, attribution, path) -> None:
    await make_history(store, put, attribution)
    await store.purge(PurgeRequest("oms", ("Movie/0001",), "certificate-1"))
    report = verify_file(path, unseen)
    assert report.fault is None
    assert report.counts.purged == 2
    assert report.counts.attested >= report.counts.purged


TAMPERINGS = {
    "a commit's record": (
        "commit",
        "UPDATE commit_record SET record = spliced(record, length(record), x'00') WHERE position = {commit}",
    ),
    "a commit's id": ("commit", "UPDATE commit_record SET id = zeroblob(20) WHERE position = {commit}"),
    "a commit's parents": ("commit", "UPDATE commit_record SET parents = x'' WHERE position = {commit}"),
    "a delta": ("commit", "UPDATE commit_record SET delta = x'00000000' WHERE delta IS NOT NULL"),
    "a node's entry": ("commit", "UPDATE node SET bytes = spliced(bytes, length(bytes) / 2, x'a5a5a5')"),
    "a cut node": ("record", "UPDATE node SET bytes = substr(bytes, 1, 40)"),
    "a lost node": ("record", "DELETE FROM node WHERE position = (SELECT min(position) FROM node)"),
    "a body": ("document", "UPDATE body SET bytes = spliced(bytes, length(bytes), x'20') WHERE position = {body}"),
    "a body's key": ("document", "UPDATE body SET bytes = spliced(bytes, 1, randomblob(16))"),
    "a lost body": ("record", "DELETE FROM body WHERE position = {body}"),
    "a reference": ("index", "UPDATE root SET referrer = NULL"),
    "an odd id's type": ("index", "UPDATE root SET scattered = NULL"),
    "a cause that there is not": ("branch", "UPDATE ref_update SET cause = 'commi4' WHERE number = 50"),
    "a table of another shape": ("file", "ALTER TABLE branch RENAME COLUMN number TO nomber"),
    "who moved a branch": ("branch", "UPDATE ref_update SET actor = 'mallory@oms' WHERE number = 50"),
    "when a branch was moved": ("branch", "UPDATE ref_update SET time_us = time_us + 1 WHERE number = 50"),
    "a trace": ("branch", "UPDATE ref_update SET traceparent = '00' WHERE number = 50"),
    "another cause": ("branch", "UPDATE ref_update SET cause = 'reset' WHERE number = 50"),
    "a branch's name": ("branch", "UPDATE branch SET name = 'other' WHERE name = 'side'"),
    "a branch's incarnation": ("branch", "UPDATE branch SET incarnation = 2 WHERE name = 'side'"),
    "when a branch was made": ("branch", "UPDATE branch SET created_us = created_us + 1 WHERE name = 'side'"),
    "a branch come back": ("branch", "UPDATE branch SET deleted_us = NULL WHERE name = 'gone'"),
    "a gap in the ref log": ("branch", "DELETE FROM ref_update WHERE number = 50"),
    "a ref log without its end": ("branch", "DELETE FROM ref_update WHERE number > 50"),
    "a branch's newest number": ("branch", "UPDATE branch SET ref_number = 1 << 40 WHERE name = 'side'"),
    "a branch's number given again": ("branch", "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'branch'"),
    "another format": ("file", "PRAGMA user_version = 7"),
    "a head moved behind the ref log": ("branch", "UPDATE branch SET head = {commit} WHERE name = 'main'"),
    "a lost head": ("branch", "UPDATE branch SET head = 1 WHERE name = 'side'"),
    "a ref log of no branch": (
        "ref log",
        "INSERT INTO ref_update VALUES (999, 1, 'commit', NULL, NULL, 1, '', '', x'')",
    ),
    "an announcement of nothing": ("outbox", "UPDATE outbox SET number = 9999 WHERE sequence = 1"),
    "a tag of nothing": ("tag", "UPDATE tag SET head = 1"),
    "an index without its entries": ("index", "UPDATE property_index SET root = NULL"),
    "an index of the commit before": ("index", "UPDATE property_index SET commit_position = commit_position - 1"),
    "an index of no commit": ("index", "UPDATE property_index SET commit_position = commit_position + 1"),
    "an index of another database's commit": ("index", "UPDATE property_index SET commit_position = {commit}"),
    "an index of another property": ("index", "UPDATE property_index SET property = 'title'"),
    "an index of another class": ("index", "UPDATE property_index SET type = 'Movie'"),
    "an index of no database": ("index", "UPDATE property_index SET database = 999"),
    "an index's key": ("index", "UPDATE property_index SET key = randomblob(16)"),
    "an index's short key": ("index", "UPDATE property_index SET key = zeroblob(15)"),
    "an entry of an index": (
        "node",
        "UPDATE node SET bytes = spliced(bytes, length(bytes) / 2, x'a5a5a5') "
        "WHERE position = (SELECT max(position) FROM node)",
    ),
    "a clock set back": ("meta", "UPDATE meta SET last_us = 1"),
    "a sequence set back": ("meta", "UPDATE meta SET sequence = 1"),
}


def seal(connection: apsw.Connection) -> None:
    """Make the digests of rows right, so that what they say is held to what other rows say."""
    sealing.prepare(connection)
    for table in COLUMNS:
        sealing.seal(connection, table)


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_whatever_was_changed_behind_its_back_is_found(closed, name: str) -> None:
    kind, statement = TAMPERINGS[name]
    connection = apsw.Connection(str(closed))
    connection.create_scalar_function("spliced", lambda old, at, new: old[:at] + new + old[at + len(new) :])
    commit = connection.execute("SELECT position FROM commit_record ORDER BY position LIMIT 1 OFFSET 40").get
    body = connection.execute("SELECT min(position) + 10 FROM body").get
    connection.execute(statement.format(commit=commit, body=body))
    if name != "a table of another shape":
        assert connection.total_changes() or name == "another format"
        seal(connection)
    connection.close()
    fault = verify_file(closed, unseen).fault
    assert fault is not None
    assert fault.kind == kind, str(fault)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
async def test_a_page_that_was_overwritten_is_found(closed, place: float) -> None:
    size = closed.stat().st_size
    with closed.open("r+b") as file:
        file.seek(int(size * place) // 8192 * 8192)
        file.write(b"\xff" * 8192)
    assert verify_file(closed, unseen).fault is not None
