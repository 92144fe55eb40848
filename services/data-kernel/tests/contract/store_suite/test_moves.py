"""Commits on no branch, and branches that are pointed elsewhere."""

from dataclasses import replace

import pytest

from data_kernel.application.ports import DetachedRequest, Idempotency, MoveRequest, WriteOutcome
from data_kernel.domain.commits import Cursor, RefCause
from data_kernel.domain.databases import Database, Revision, State
from data_kernel.domain.documents import Graph
from shared.errors import Conflict, NotFound, Reason, ValidationFailed


def detached(scribe, base, parents, planner=None):
    return DetachedRequest(scribe.database, "main", scribe.attribution, base, parents, planner)


def move(scribe, commit, cause=RefCause.RESET, **options):
    return MoveRequest(scribe.database, "main", commit, cause, scribe.attribution, **options)


async def test_a_detached_commit_is_built_on_its_base_and_moves_nothing(store, scribe, outbox):
    first = (await scribe.write("main", {"Movie/1": b"1", "Movie/2": b"2"})).commit
    head = (await scribe.write("main", {"Movie/1": b"one"})).commit
    moves = await outbox.pending()
    commit = await store.write_detached(detached(scribe, first, (head,), scribe.planner({"Movie/2": b"two"})))
    assert await scribe.contents(State(commit, None)) == {"Movie/1": b"1", "Movie/2": b"two"}
    made = await store.get_commit("oms", commit)
    assert (made.parents, made.branch, made.author) == ((head,), "main", scribe.attribution.author)
    assert (await store.get_branch("oms", "main")).head == head
    assert await outbox.pending() == moves


async def test_a_detached_commit_may_change_nothing_and_have_any_parents(store, scribe):
    base = (await scribe.write("main", {"Movie/1": b"1"})).commit
    root = await store.write_detached(detached(scribe, base, ()))
    merge = await store.write_detached(detached(scribe, base, (base, root)))
    empty = await store.write_detached(detached(scribe, None, (merge,)))
    assert (await store.get_commit("oms", root)).parents == ()
    assert (await store.get_commit("oms", merge)).parents == (base, root)
    for commit, contents in ((root, {"Movie/1": b"1"}), (merge, {"Movie/1": b"1"}), (empty, {})):
        assert await scribe.contents(State(commit, None)) == contents
    assert len({base, root, merge, empty}) == 4


async def test_a_detached_commit_is_refused_by_its_planner_and_for_unknown_commits(store, scribe):
    base = (await scribe.write("main", {"Movie/1": b"1"})).commit

    def refuse(view):
        assert view.head == base
        raise ValidationFailed("the movie has no title")

    with pytest.raises(ValidationFailed):
        await store.write_detached(detached(scribe, base, (base,), refuse))
    for request in (detached(scribe, "0" * 31, ()), detached(scribe, base, (base, "0" * 31))):
        with pytest.raises(NotFound):
            await store.write_detached(request)


@pytest.mark.parametrize(
    "cause", [RefCause.RESET, RefCause.FAST_FORWARD, RefCause.REBASE, RefCause.SQUASH, RefCause.MERGE]
)
async def test_a_branch_can_be_pointed_at_any_commit_of_its_database(store, scribe, outbox, cause):
    first = (await scribe.write("main", {"Movie/1": b"1"})).commit
    second = (await scribe.write("main", {"Movie/1": b"2"})).commit
    moved = await store.move_branch(move(scribe, first, RefCause(cause), expected_head=second))
    assert moved == WriteOutcome((), first, "main", changed=True)
    branch = await store.get_branch("oms", "main")
    assert (branch.head, branch.head_time) == (first, (await store.get_commit("oms", first)).time)
    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"1"}
    entry = (await store.ref_log("oms", "main", Cursor()))[-1]
    assert (entry.number, entry.cause, entry.old_head, entry.new_head) == (4, cause, second, first)
    assert (await outbox.pending())[-1].update == entry
    third = (await scribe.write("main", {"Movie/2": b"3"})).commit
    assert (await store.get_commit("oms", third)).parents == (first,)


async def test_a_branch_can_be_pointed_before_its_first_commit(store, scribe):
    head = (await scribe.write("main", {"Movie/1": b"1"})).commit
    moved = await store.move_branch(move(scribe, None))
    assert moved == WriteOutcome((), None, "main", changed=True)
    branch = await store.get_branch("oms", "main")
    assert (branch.head, branch.head_time) == (None, None)
    assert await scribe.contents(await scribe.head("main")) == {}
    await store.move_branch(move(scribe, head))
    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"1"}


async def test_a_move_with_a_key_is_made_once(store, scribe, outbox):
    first = (await scribe.write("main", {"Movie/1": b"1"})).commit
    key = Idempotency("k", "reset to the first")
    second = (await scribe.write("main", {"Movie/1": b"2"})).commit
    asked = replace(move(scribe, first), idempotency=key)
    assert await store.answer_of("oms", asked.attribution.actor, key) is None
    moved = await store.move_branch(asked)
    third = (await scribe.write("main", {"Movie/1": b"3"})).commit
    before = await outbox.pending()
    assert await store.move_branch(replace(asked, expected_head=second)) == moved
    assert await store.answer_of("oms", asked.attribution.actor, key) == moved
    assert await store.answer_of("oms", "another@oms", key) is None
    assert (await store.get_branch("oms", "main")).head == third
    assert await outbox.pending() == before
    other = Idempotency("k", "something else")
    with pytest.raises(Conflict, match="another request"):
        await store.move_branch(replace(asked, idempotency=other))
    with pytest.raises(Conflict, match="another request"):
        await store.answer_of("oms", asked.attribution.actor, other)


async def test_a_refused_move_keeps_no_answer(store, scribe):
    head = (await scribe.write("main", {"Movie/1": b"1"})).commit
    asked = replace(move(scribe, None, expected_head="0" * 31), idempotency=Idempotency("k", "f"))
    with pytest.raises(Conflict):
        await store.move_branch(asked)
    assert (await store.move_branch(replace(asked, expected_head=head))).commit is None


async def test_a_time_finds_the_head_that_a_reset_left(store, scribe):
    first = (await scribe.write("main", {"Movie/1": b"1"})).commit
    second = (await scribe.write("main", {"Movie/1": b"2"})).commit
    await store.move_branch(move(scribe, first))
    created, one, two, reset = await store.ref_log("oms", "main", Cursor())
    heads = [
        (await store.resolve("oms", Revision(branch="main", at=e.time))).commit for e in (created, one, two, reset)
    ]
    assert heads == [None, first, second, first]


async def test_a_move_is_refused_where_the_head_or_the_target_is_another(store, scribe, scribe_of, outbox):
    head = (await scribe.write("main", {"Movie/1": b"1"})).commit
    await store.create_database(Database("other"))
    foreign = (await scribe_of(store, "other").write("main", {"Movie/1": b"1"}, create_branch=True)).commit
    before = await outbox.pending()
    with pytest.raises(Conflict) as stale:
        await store.move_branch(move(scribe, None, expected_head="0" * 31))
    assert stale.value.reason is Reason.STALE_HEAD
    nowhere = replace(move(scribe, head), branch="nowhere")
    for request in (move(scribe, "0" * 31), move(scribe, foreign), nowhere):
        with pytest.raises(NotFound):
            await store.move_branch(request)
    assert (await store.get_branch("oms", "main")).head == head
    assert await outbox.pending() == before


async def test_a_merge_commit_has_its_further_parents_behind_the_head(store, scribe):
    await scribe.write("main", {"Movie/1": b"1"})
    await scribe.branch("left", Revision(branch="main"))
    await scribe.branch("right", Revision(branch="main"))
    left = (await scribe.write("left", {"Movie/2": b"2"})).commit
    right = (await scribe.write("right", {"Movie/3": b"3"})).commit
    head = (await scribe.write("main", {"Movie/1": b"one"})).commit
    union = {"Movie/2": b"2", "Movie/3": b"3"}
    made = await scribe.write("main", union, cause=RefCause.MERGE, merge_parents=(left, right), expected_head=head)
    assert (await store.get_commit("oms", made.commit)).parents == (head, left, right)
    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"one"} | union
    assert (await store.ref_log("oms", "main", Cursor()))[-1].cause == RefCause.MERGE
    log = await store.log("oms", await scribe.head("main"))
    assert [commit.branch for commit in log] == ["main"] * 3


async def test_a_merge_that_changes_nothing_is_a_commit_all_the_same(store, scribe):
    head = (await scribe.write("main", {"Movie/1": b"1"})).commit
    side = await store.write_detached(detached(scribe, None, ()))
    made = await scribe.write("main", {}, cause=RefCause.MERGE, merge_parents=(side,))
    assert made.changed
    assert (await store.get_commit("oms", made.commit)).parents == (head, side)
    assert (await store.get_branch("oms", "main")).head == made.commit
    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"1"}
    with pytest.raises(NotFound):
        await scribe.write("main", {}, merge_parents=("0" * 31,))


async def test_many_detached_commits_read_like_what_they_were_built_on(store, scribe):
    base, expected = None, {}
    for n in range(200):
        change = {f"Movie/{n % 7}": b"%d" % n, f"Movie/{(n + 3) % 7}": None}
        base = await store.write_detached(detached(scribe, base, (base,) if base else (), scribe.planner(change)))
        expected = {key: body for key, body in (expected | change).items() if body is not None}
        if n % 20 == 0:
            assert await scribe.contents(State(base, None)) == dict(sorted(expected.items()))
    assert await scribe.contents(State(base, None), graph=Graph.SCHEMA) == {}
    assert len(await store.log("oms", State(base, None), limit=1000)) == 200
