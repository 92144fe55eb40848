"""Purged documents are gone from every commit, and every commit keeps its id."""

import pytest

from data_kernel.application.ports import DetachedRequest, Idempotency, Plan, PurgeRequest
from data_kernel.domain.databases import Database, Revision, State
from data_kernel.domain.documents import Graph
from shared.errors import Gone, InvalidInput, NotFound


def purge(*document_ids, **options):
    return PurgeRequest("oms", document_ids, "certificate-7", **options)


async def test_every_version_is_gone_with_the_certificates_id(store, scribe):
    commits = [(await scribe.write("main", {"Person/1": b"%d" % n, "Movie/1": b"%d" % n})).commit for n in range(5)]
    for commit in commits:
        await store.get("oms", State(commit, None), ["Person/1"])
    outcome = await store.purge(purge("Person/1"))
    assert outcome.versions == 5
    for n, commit in enumerate(commits):
        with pytest.raises(Gone, match="certificate-7") as refusal:
            await store.get("oms", State(commit, None), ["Movie/1", "Person/1"])
        assert refusal.value.mapping.http_status == 410
        (movie,) = await store.get("oms", State(commit, None), ["Movie/1"])
        assert movie.body == b"%d" % n
    assert [commit.id for commit in await store.log("oms", await scribe.head("main"))] == commits[::-1]


async def test_a_purge_covers_branches_that_take_no_writes_and_commits_on_none(store, scribe):
    await scribe.write("main", {"Person/1": b"1"})
    await scribe.branch("dev/oms/snapshot-1", Revision(branch="main"))
    base = (await scribe.head("main")).commit
    request = DetachedRequest("oms", "main", scribe.attribution, base, (base,), scribe.planner({"Person/1": b"2"}))
    loose = await store.write_detached(request)
    await scribe.branch("passing", Revision(branch="main"))
    gone = (await scribe.write("passing", {"Person/1": b"3"})).commit
    await store.delete_branch("oms", "passing", scribe.attribution)
    assert (await store.purge(purge("Person/1"))).versions == 3
    for state in (await scribe.head("dev/oms/snapshot-1"), State(loose, None), State(gone, None)):
        with pytest.raises(Gone):
            await store.get("oms", state, ["Person/1"])


async def test_listings_diffs_and_histories_leave_out_what_was_purged(store, scribe):
    first = (await scribe.write("main", {"Person/1": b"1", "Person/2": b"2", "Movie/1": b"m"})).commit
    second = (await scribe.write("main", {"Person/1": b"one", "Person/2": b"two"})).commit
    await store.purge(purge("Person/1"))
    old, new = State(first, None), State(second, None)
    assert await scribe.contents(new) == {"Movie/1": b"m", "Person/2": b"two"}
    assert await scribe.contents(old, type_name="Person") == {"Person/2": b"2"}
    assert [change.id for change in await scribe.changes(old, new)] == ["Person/2"]
    assert await store.history("oms", new, "Person/1") == []
    assert len(await store.history("oms", new, "Person/2")) == 2


async def test_a_purged_document_can_be_written_anew_and_deleted(store, scribe):
    await scribe.write("main", {"Person/1": b"1"}, references={"Person/1": frozenset({"Movie/1"})})
    await store.purge(purge("Person/1"))
    seen = []

    def look(view):
        seen.append((view.get(Graph.INSTANCE, "Person/1"), list(view.scan(Graph.INSTANCE))))
        return Plan((), ())

    await store.write(scribe.request("main", look))
    assert seen == [(None, [])]
    assert await store.referrers("oms", await scribe.head("main"), "Movie/1") == ["Person/1"]
    again = (await scribe.write("main", {"Person/1": b"1"})).commit
    assert await scribe.contents(State(again, None)) == {"Person/1": b"1"}
    assert await store.referrers("oms", State(again, None), "Movie/1") == []
    await scribe.write("main", {"Person/1": None})
    assert await store.get("oms", await scribe.head("main"), ["Person/1"]) == [None]


async def test_what_one_commit_has_can_be_kept(store, scribe):
    old = (await scribe.write("main", {"Person/1": b"Ada Lovelace, 12 St James's Square"})).commit
    redacted = (await scribe.write("main", {"Person/1": b"A. L."}, redacts=True)).commit
    outcome = await store.purge(purge("Person/1", keeps=redacted))
    assert outcome.versions == 1
    assert await scribe.contents(await scribe.head("main")) == {"Person/1": b"A. L."}
    with pytest.raises(Gone):
        await store.get("oms", State(old, None), ["Person/1"])
    await store.purge(purge("Person/1"))
    with pytest.raises(Gone):
        await store.get("oms", await scribe.head("main"), ["Person/1"])


async def test_a_purge_is_made_once_and_counted(store, scribe):
    await scribe.write("main", {"Person/1": b"1"})
    before = store.purge_epoch
    first = await store.purge(purge("Person/1"))
    assert first.epoch == store.purge_epoch > before
    again = await store.purge(PurgeRequest("oms", ("Person/1", "Person/9"), "certificate-8"))
    assert (again.versions, again.epoch) == (0, store.purge_epoch)
    assert again.epoch > first.epoch
    with pytest.raises(Gone, match="certificate-7"):
        await store.get("oms", await scribe.head("main"), ["Person/1"])


async def test_a_purge_leaves_other_databases_and_documents_alone(store, scribe, scribe_of):
    await store.create_database(Database("other"))
    other = scribe_of(store, "other")
    await other.write("main", {"Person/1": b"theirs"}, create_branch=True)
    await scribe.write("main", {"Person/1": b"1", "Person/10": b"10"})
    await store.purge(purge("Person/1"))
    assert await other.contents(await other.head("main")) == {"Person/1": b"theirs"}
    assert await scribe.contents(await scribe.head("main")) == {"Person/10": b"10"}


async def test_a_purge_forgets_answers_that_name_the_documents(store, scribe):
    kept, dropped = Idempotency("kept", "fingerprint of Person/2"), Idempotency("dropped", "fingerprint of Person/1")
    two = await scribe.write("main", {"Person/2": b"2"}, idempotency=kept)
    one = await scribe.write("main", {"Person/1": b"1"}, idempotency=dropped)
    await store.purge(purge("Person/1"))
    assert await scribe.write("main", {"Person/2": b"2"}, idempotency=kept) == two
    assert (await scribe.write("main", {"Person/1": b"1"}, idempotency=dropped)).commit != one.commit


async def test_a_purge_needs_a_certificate_and_a_database(store):
    with pytest.raises(InvalidInput) as refusal:
        await store.purge(PurgeRequest("oms", ("Person/1",), ""))
    assert refusal.value.field == "certificate"
    with pytest.raises(NotFound):
        await store.purge(PurgeRequest("nowhere", ("Person/1",), "certificate-7"))


async def test_the_epoch_and_the_purge_survive_a_restart(open_store, scribe_of):
    store = await open_store()
    await store.create_database(Database("oms"))
    commit = (await scribe_of(store).write("main", {"Person/1": b"1"}, create_branch=True)).commit
    epoch = (await store.purge(purge("Person/1"))).epoch
    await store.close()
    store = await open_store()
    try:
        assert store.purge_epoch == epoch
        with pytest.raises(Gone):
            await store.get("oms", State(commit, None), ["Person/1"])
    finally:
        await store.close()
