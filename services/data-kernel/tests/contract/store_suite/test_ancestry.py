"""Merge bases, the history of one document, and who refers to whom at any commit."""

import random

import pytest

from data_kernel.application.ports import DetachedRequest
from data_kernel.domain.databases import Revision, State
from data_kernel.domain.documents import ChangeKind, Graph
from shared.errors import InvalidInput, NotFound


@pytest.fixture
def commit_on(store, scribe):
    """Makes commits of which only the parents matter."""

    async def make(*parents):
        return await store.write_detached(DetachedRequest("oms", "main", scribe.attribution, None, parents))

    return make


async def test_the_base_of_two_branches_is_where_they_parted(store, commit_on):
    root = await commit_on()
    fork = await commit_on(root)
    left = await commit_on(await commit_on(fork))
    right = await commit_on(fork)
    assert await store.merge_bases("oms", left, right) == [fork]
    assert await store.merge_bases("oms", right, left) == [fork]
    assert await store.merge_bases("oms", left, fork) == [fork]
    assert await store.merge_bases("oms", left, left) == [left]
    assert await store.merge_bases("oms", left, await commit_on()) == []


async def test_a_criss_cross_has_two_bases_newest_first(store, commit_on):
    root = await commit_on()
    left, right = await commit_on(root), await commit_on(root)
    one, other = await commit_on(left, right), await commit_on(right, left)
    assert await store.merge_bases("oms", one, other) == [right, left]
    assert await store.merge_bases("oms", await commit_on(one, other), other) == [other]


async def test_merge_bases_of_any_history_are_what_their_definition_says(store, commit_on):
    chance, parents = random.Random(6), {}
    for _ in range(40):
        chosen = tuple(chance.sample(sorted(parents), min(len(parents), chance.choice([0, 1, 1, 2, 3]))))
        parents[await commit_on(*chosen)] = chosen
    reach = {}
    for commit, before in parents.items():  # in order of making
        reach[commit] = {commit}.union(*(reach[parent] for parent in before))
    age = {commit: n for n, commit in enumerate(parents)}
    for _ in range(150):
        one, other = chance.choices(sorted(parents), k=2)
        common = reach[one] & reach[other]
        best = {commit for commit in common if not any(commit in reach[each] - {each} for each in common)}
        expected = sorted(best, key=lambda commit: -age[commit])
        assert await store.merge_bases("oms", one, other) == expected


async def test_merge_bases_of_unknown_commits_are_not_found(store, commit_on):
    with pytest.raises(NotFound):
        await store.merge_bases("oms", await commit_on(), "0" * 31)


async def test_the_history_of_a_document_is_what_changed_it(store, scribe):
    made = (await scribe.write("main", {"Movie/1": b"1", "Movie/10": b"x"})).commit
    await scribe.write("main", {"Movie/10": b"y"})
    await scribe.write("main", {"Movie": b"class"}, graph=Graph.SCHEMA)
    changed = (await scribe.write("main", {"Movie/1": b"2"})).commit
    gone = (await scribe.write("main", {"Movie/1": None})).commit
    again = (await scribe.write("main", {"Movie/1": b"1"})).commit
    history = await store.history("oms", await scribe.head("main"), "Movie/1")
    assert [entry.commit.id for entry in history] == [again, gone, changed, made]
    assert [entry.change.kind for entry in history] == [
        ChangeKind.CREATED,
        ChangeKind.DELETED,
        ChangeKind.UPDATED,
        ChangeKind.CREATED,
    ]
    assert [(entry.change.before, entry.change.after) for entry in history] == [
        (None, b"1"),
        (b"2", None),
        (b"1", b"2"),
        (None, b"1"),
    ]
    assert {entry.change.type for entry in history} == {"Movie"}
    assert history[0].commit == await store.get_commit("oms", again)
    schema = await store.history("oms", await scribe.head("main"), "Movie", Graph.SCHEMA)
    assert [entry.change.after for entry in schema] == [b"class"]
    assert await store.history("oms", await scribe.head("main"), "Movie/9") == []


async def test_a_history_comes_in_pages_and_goes_on_into_the_branches_origin(store, scribe):
    for n in range(100):
        await scribe.write("main", {"Movie/1": b"%d" % n} if n % 3 else {f"Movie/x{n}": b"1"})
    await scribe.branch("copy", Revision(branch="main"))
    await scribe.write("copy", {"Movie/1": b"copy"})
    head = await scribe.head("copy")
    pages, after = [], None
    while page := await store.history("oms", head, "Movie/1", after=after, limit=30):
        pages.append([entry.change.after for entry in page])
        after = page[-1].commit.id
    expected = [b"copy", *(b"%d" % n for n in range(99, -1, -1) if n % 3)]
    assert pages == [expected[:30], expected[30:60], expected[60:]]
    with pytest.raises(InvalidInput):
        await store.history("oms", State(after, None), "Movie/1", after=head.commit)


async def test_a_merge_is_in_the_history_by_what_it_did_to_its_first_parent(store, scribe):
    await scribe.write("main", {"Movie/1": b"1"})
    await scribe.branch("side", Revision(branch="main"))
    side = (await scribe.write("side", {"Movie/1": b"side"})).commit
    await scribe.write("main", {"Movie/2": b"2"})
    merge = (await scribe.write("main", {"Movie/1": b"side"}, merge_parents=(side,))).commit
    history = await store.history("oms", await scribe.head("main"), "Movie/1")
    assert [entry.change.before for entry in history] == [b"1", None]
    assert history[0].commit.id == merge


async def test_a_commit_built_on_another_state_than_its_parents_changes_what_differs(store, scribe):
    first = (await scribe.write("main", {"Movie/1": b"1"})).commit
    second = (await scribe.write("main", {"Movie/1": b"2"})).commit
    planner = scribe.planner({"Movie/2": b"2"})
    reverted = await store.write_detached(DetachedRequest("oms", "main", scribe.attribution, first, (second,), planner))
    history = await store.history("oms", State(reverted, None), "Movie/1")
    assert [(entry.commit.id, entry.change.after) for entry in history] == [
        (reverted, b"1"),
        (second, b"2"),
        (first, b"1"),
    ]


async def test_referrers_are_those_of_the_state_asked(store, scribe):
    to_one, to_both = frozenset({"Movie/1"}), frozenset({"Movie/1", "Movie/10"})
    await scribe.write("main", {"Role/2": b"2", "Role/1": b"1"}, references={"Role/2": to_one, "Role/1": to_both})
    old = await scribe.head("main")
    await scribe.write("main", {"Role/1": b"one"}, references={"Role/1": frozenset()})
    await scribe.write("main", {"Role/3": b"3"}, references={"Role/3": to_one})
    head = await scribe.head("main")
    assert await store.referrers("oms", old, "Movie/1") == ["Role/1", "Role/2"]
    assert await store.referrers("oms", old, "Movie/10") == ["Role/1"]
    assert await store.referrers("oms", head, "Movie/1") == ["Role/2", "Role/3"]
    assert await store.referrers("oms", head, "Movie/10") == []
    assert await store.referrers("oms", State(None, "main"), "Movie/1") == []
