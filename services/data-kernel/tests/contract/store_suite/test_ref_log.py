import asyncio
import itertools

import pytest

from data_kernel.domain.commits import Cursor, RefCause, RefUpdate
from data_kernel.domain.databases import Revision
from shared.errors import Gone, NotFound, Unavailable


async def test_every_move_has_the_next_number(store, scribe):
    commits = [(await scribe.write("main", {"Movie/1": b"%d" % n})).commit for n in range(3)]
    await store.delete_branch("oms", "main", scribe.attribution)
    log = await store.ref_log("oms", "main", Cursor())
    assert [(entry.incarnation, entry.number) for entry in log] == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]
    causes = [RefCause.CREATE, RefCause.COMMIT, RefCause.COMMIT, RefCause.COMMIT, RefCause.DELETE]
    assert [entry.cause for entry in log] == causes
    heads = [None, *commits, None]
    assert [entry.new_head for entry in log] == heads
    assert [entry.old_head for entry in log] == [None, *heads[:-1]]
    assert all(earlier.time < later.time for earlier, later in itertools.pairwise(log))


async def test_an_entry_says_who_and_when(store, scribe):
    outcome = await scribe.write("main", {"Movie/1": b"1"})
    commit = await store.get_commit("oms", outcome.commit)
    said = scribe.attribution
    assert (await store.ref_log("oms", "main", Cursor(1, 1))) == [
        RefUpdate(
            database="oms",
            branch="main",
            incarnation=1,
            number=2,
            cause=RefCause.COMMIT,
            old_head=None,
            new_head=commit.id,
            time=commit.time,
            actor=said.actor,
            traceparent=said.traceparent,
        )
    ]


async def test_a_branch_made_at_a_commit_begins_with_it(store, scribe):
    head = (await scribe.write("main", {"Movie/1": b"1"})).commit
    await scribe.branch("copy", Revision(branch="main"))
    entry, *rest = await store.ref_log("oms", "copy", Cursor())
    assert (entry.number, entry.cause, entry.old_head, entry.new_head, rest) == (1, RefCause.CREATE, None, head, [])


async def test_later_incarnations_follow(store, scribe):
    for _ in range(3):
        await scribe.write("main", {"Movie/1": b"1"})
        await store.delete_branch("oms", "main", scribe.attribution)
        await scribe.branch("main")
    places = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3), (4, 1)]
    for known in range(len(places)):
        since = Cursor(*places[known - 1]) if known else Cursor()
        log = await store.ref_log("oms", "main", since, limit=4)
        assert [(entry.incarnation, entry.number) for entry in log] == places[known : known + 4]
    assert await store.ref_log("oms", "main", Cursor(4, 1)) == []


@pytest.mark.parametrize("since", [(1, 4), (1, 1_000_000), (2, 2), (3, 0), (9, 0), (0, 1), (-1, 0), (1, -1)])
async def test_a_place_that_the_log_does_not_have_is_gone(store, scribe, since):
    await scribe.write("main", {"Movie/1": b"1"})
    await store.delete_branch("oms", "main", scribe.attribution)
    await scribe.branch("main")
    with pytest.raises(Gone, match="begin anew") as refusal:
        await store.ref_log("oms", "main", Cursor(*since))
    assert refusal.value.field == "since"


async def test_every_incarnation_has_a_beginning(store, scribe):
    await store.delete_branch("oms", "main", scribe.attribution)
    await scribe.branch("main")
    whole = await store.ref_log("oms", "main", Cursor())
    assert await store.ref_log("oms", "main", Cursor(0, 0)) == whole
    assert await store.ref_log("oms", "main", Cursor(2, 0)) == whole[2:]


async def test_the_log_of_a_deleted_branch_can_be_read(store, scribe):
    await store.delete_branch("oms", "main", scribe.attribution)
    assert [entry.cause for entry in await store.ref_log("oms", "main", Cursor())] == ["create", "delete"]
    with pytest.raises(NotFound):
        await store.ref_log("oms", "nowhere", Cursor())


async def test_waiting_ends_with_the_next_move(store, scribe):
    seen = await store.wait_for_movement(0)
    waiting = asyncio.ensure_future(store.wait_for_movement(seen))
    await store.ping()
    assert not waiting.done()
    await scribe.write("main", {"Movie/1": b"1"})
    now = await asyncio.wait_for(waiting, 10)
    assert now > seen
    assert await store.wait_for_movement(seen) == now


async def test_a_move_is_counted_when_its_write_is_answered(store, scribe):
    before = store.movements
    await scribe.write("main", {"Movie/1": b"1"})
    assert store.movements > before
    assert await store.wait_for_movement(before) == store.movements


async def test_a_move_can_be_read_when_the_waiting_ends(store, scribe):
    seen = await store.wait_for_movement(0)

    async def follow():
        await store.wait_for_movement(seen)
        return (await store.get_branch("oms", "main")).head

    following = asyncio.ensure_future(follow())
    outcome = await scribe.write("main", {"Movie/1": b"1"})
    assert await asyncio.wait_for(following, 10) == outcome.commit


async def test_nobody_waits_for_a_closed_store(open_store):
    store = await open_store()
    waiting = asyncio.ensure_future(store.wait_for_movement(1_000_000))
    await store.ping()
    await store.close()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(waiting, 10)
