import asyncio
import itertools
from datetime import UTC, datetime

import pytest

from data_kernel.application.ports import Plan
from data_kernel.domain.commits import Cursor
from data_kernel.domain.databases import Revision
from data_kernel.domain.documents import Change, Graph, StoredDocument
from shared.errors import Conflict, Internal, NotFound, Reason, ValidationFailed


async def test_a_commit_says_who_did_what_and_by_which_way(store, scribe):
    first = await scribe.write("main", {"Movie/1": b"1"})
    second = await scribe.write("main", {"Movie/2": b"2"})
    commit = await store.get_commit("oms", second.commit)
    said = scribe.attribution
    assert commit.parents == (first.commit,)
    assert (commit.branch, commit.author, commit.actor) == ("main", said.author, said.actor)
    assert (commit.message, commit.method, commit.route) == (said.message, said.method, said.route)
    assert (commit.service, commit.trace_id) == (said.service, said.trace_id)
    assert abs((datetime.now(UTC) - commit.time).total_seconds()) < 60
    assert (await store.get_commit("oms", first.commit)).parents == ()


async def test_ids_of_commits_look_like_terminusdbs(scribe):
    commit = (await scribe.write("main", {"Movie/1": b"1"})).commit
    assert len(commit) == 31
    assert set(commit) <= set("0123456789abcdefghijklmnopqrstuvwxyz")


async def test_the_answer_has_the_plans_ids_and_the_new_head(store, scribe):
    outcome = await scribe.write("main", {"Movie/2": b"2", "Movie/1": b"1"})
    assert outcome.ids == ("Movie/2", "Movie/1")
    assert (outcome.branch, outcome.changed) == ("main", True)
    assert (await store.get_branch("oms", "main")).head == outcome.commit


async def test_a_write_that_changes_nothing_answers_the_head(store, scribe, outbox):
    made = await scribe.write("main", {"Movie/1": b"1"})
    before = await outbox.pending()
    again = await scribe.write("main", {"Movie/1": b"1"})
    assert (again.commit, again.changed, again.ids) == (made.commit, False, ("Movie/1",))
    assert await outbox.pending() == before


async def test_a_refused_write_leaves_no_trace(store, scribe, outbox):
    before = await store.get_branch("oms", "main"), await outbox.pending()

    def refuse(view):
        raise ValidationFailed("the movie has no title")

    with pytest.raises(ValidationFailed, match="no title"):
        await store.write(scribe.request("main", refuse))
    assert (await store.get_branch("oms", "main"), await outbox.pending()) == before


async def test_a_planner_with_a_fault_is_its_callers_alone(store, scribe):
    def stumble(view):
        raise ZeroDivisionError("content of a document")

    results = await asyncio.gather(
        scribe.write("main", {"Movie/1": b"1"}),
        store.write(scribe.request("main", stumble)),
        scribe.write("main", {"Movie/2": b"2"}),
        return_exceptions=True,
    )
    assert isinstance(results[1], Internal)
    assert "content" not in results[1].detail
    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"1", "Movie/2": b"2"}


async def test_a_faulty_plan_is_undone_as_a_whole(store, scribe):
    twice = Change(Graph.INSTANCE, "Movie/1", "Movie", None, b"1")

    with pytest.raises(Internal):
        await store.write(scribe.request("main", lambda view: Plan((), (twice, twice))))
    assert await scribe.contents(await scribe.head("main")) == {}
    assert len(await store.ref_log("oms", "main", Cursor())) == 1
    await scribe.write("main", {"Movie/2": b"2"})
    assert await scribe.contents(await scribe.head("main")) == {"Movie/2": b"2"}


async def test_the_expected_head_is_compared_in_the_writer(store, scribe):
    first = (await scribe.write("main", {"Movie/1": b"1"})).commit
    results = await asyncio.gather(
        *(scribe.write("main", {f"Movie/{n}": b"x"}, expected_head=first) for n in range(2, 8)), return_exceptions=True
    )
    refusals = [result for result in results if isinstance(result, Conflict)]
    assert len(refusals) == 5
    assert {refusal.reason for refusal in refusals} == {Reason.STALE_HEAD}
    assert len(await scribe.contents(await scribe.head("main"))) == 2


async def test_any_expected_head_is_stale_before_the_first_commit(scribe):
    with pytest.raises(Conflict):
        await scribe.write("main", {"Movie/1": b"1"}, expected_head="0" * 31)


async def test_a_dry_run_plans_and_keeps_nothing(store, scribe, outbox):
    head = (await scribe.write("main", {"Movie/1": b"1"})).commit
    before = await outbox.pending()
    outcome = await scribe.write("main", {"Movie/2": b"2"}, dry_run=True)
    assert (outcome.ids, outcome.commit, outcome.changed) == (("Movie/2",), head, True)
    assert await outbox.pending() == before
    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"1"}
    assert not (await scribe.write("main", {"Movie/1": b"1"}, dry_run=True)).changed


async def test_a_dry_run_refuses_like_the_write(store, scribe):
    with pytest.raises(NotFound):
        await scribe.write("nowhere", {"Movie/1": b"1"}, dry_run=True)
    with pytest.raises(Conflict):
        await scribe.write("main", {"Movie/1": b"1"}, dry_run=True, expected_head="0" * 31)


async def test_a_write_can_begin_its_branch(store, scribe):
    outcome = await scribe.write("new", {"Movie/1": b"1"}, create_branch=True)
    assert (await store.get_branch("oms", "new")).head == outcome.commit
    causes = [(entry.number, entry.cause, entry.new_head) for entry in await store.ref_log("oms", "new", Cursor())]
    assert causes == [(1, "create", None), (2, "commit", outcome.commit)]


@pytest.mark.parametrize("options", [{"dry_run": True}, {}], ids=["dry run", "no change"])
async def test_a_write_without_effect_begins_no_branch(store, scribe, options):
    documents = {"Movie/1": b"1"} if options else {}
    outcome = await scribe.write("new", documents, create_branch=True, **options)
    assert outcome.commit is None
    with pytest.raises(NotFound):
        await store.get_branch("oms", "new")


async def test_concurrent_writes_are_made_one_after_another(store, scribe):
    def count(view):
        stored = view.get(Graph.INSTANCE, "Counter/1")
        before = None if stored is None else stored.body
        after = b"%d" % (int(before or b"0") + 1)
        return Plan(("Counter/1",), (Change(Graph.INSTANCE, "Counter/1", "Counter", before, after),))

    outcomes = await asyncio.gather(*(store.write(scribe.request("main", count)) for _ in range(200)))
    state = await scribe.head("main")
    assert await scribe.contents(state) == {"Counter/1": b"200"}
    log = await store.log("oms", state, limit=1000)
    assert {commit.id for commit in log} == {outcome.commit for outcome in outcomes}
    times = [commit.time for commit in reversed(log)]
    assert all(earlier < later for earlier, later in itertools.pairwise(times))


async def test_the_view_is_the_state_that_the_commit_is_built_on(store, scribe):
    head = (await scribe.write("main", {"Movie/2": b"2", "Movie/1": b"1", "Actor/1": b"a"})).commit
    seen = []

    def look(view):
        seen.append((view.head, view.get(Graph.INSTANCE, "Movie/1"), view.get(Graph.INSTANCE, "Movie/9")))
        seen.append([document.id for document in view.scan(Graph.INSTANCE)])
        seen.append([document.id for document in view.scan(Graph.INSTANCE, "Movie")])
        return Plan((), ())

    await store.write(scribe.request("main", look))
    assert seen[0] == (head, StoredDocument("Movie/1", "Movie", b"1"), None)
    assert seen[1:] == [["Actor/1", "Movie/1", "Movie/2"], ["Movie/1", "Movie/2"]]


async def test_the_view_lists_more_documents_than_a_page_holds(store, scribe):
    await scribe.write("main", {f"Movie/{n:04}": b"1" for n in range(2500)})
    seen = []

    def look(view):
        seen.extend(document.id for document in view.scan(Graph.INSTANCE, "Movie"))
        return Plan((), ())

    await store.write(scribe.request("main", look))
    assert seen == [f"Movie/{n:04}" for n in range(2500)]


async def test_the_schema_version_changes_with_the_schema_graph_alone(store, scribe):
    versions = []

    def look(view):
        versions.append(view.schema_version)
        return Plan((), ())

    async def version(branch):
        await store.write(scribe.request(branch, look))
        return versions[-1]

    empty = await version("main")
    await scribe.write("main", {"Movie": b"class"}, graph=Graph.SCHEMA)
    first = await version("main")
    await scribe.write("main", {"Movie/1": b"1"})
    assert await version("main") == first != empty
    await scribe.branch("copy", Revision(branch="main"))
    assert await version("copy") == first
    old = await scribe.head("copy")
    await scribe.write("copy", {"Movie": b"class with a title"}, graph=Graph.SCHEMA)
    second = await version("copy")
    assert second not in {first, empty}
    assert await version("main") == first
    await scribe.branch("older", Revision(commit=old.commit))
    assert await version("older") == first


async def test_the_graphs_are_apart(scribe):
    await scribe.write("main", {"Movie": b"class"}, graph=Graph.SCHEMA)
    await scribe.write("main", {"Movie/1": b"1"})
    head = await scribe.head("main")
    assert await scribe.contents(head) == {"Movie/1": b"1"}
    assert await scribe.contents(head, graph=Graph.SCHEMA) == {"Movie": b"class"}
