from datetime import UTC, datetime, timedelta

import pytest

from data_kernel.domain.commits import Cursor
from data_kernel.domain.databases import Database, Revision
from shared.errors import NotFound


async def test_every_move_of_every_branch_is_to_be_announced_in_order(store, scribe, outbox):
    await scribe.write("main", {"Movie/1": b"1"})
    await scribe.branch("copy", Revision(branch="main"))
    await scribe.write("copy", {"Movie/1": b"2", "Movie/2": b"2"})
    await store.delete_branch("oms", "main", scribe.attribution)
    entries = await outbox.pending()
    updates = [entry.update for entry in entries]
    moves = [(update.branch, update.number, update.cause) for update in updates]
    assert moves == [
        ("main", 1, "create"),
        ("main", 2, "commit"),
        ("copy", 1, "create"),
        ("copy", 2, "commit"),
        ("main", 3, "delete"),
    ]
    logged = await store.ref_log("oms", "main", Cursor()) + await store.ref_log("oms", "copy", Cursor())
    assert sorted(updates, key=lambda update: update.time) == sorted(logged, key=lambda update: update.time)
    sequences = [entry.sequence for entry in entries]
    assert sequences == sorted(set(sequences))
    fresh = {(entry.attempts, entry.next_ordinal, entry.dead, entry.last_error, entry.retry_at) for entry in entries}
    assert fresh == {(0, 0, False, "", None)}


async def test_pending_entries_come_in_pages(scribe, outbox):
    for n in range(5):
        await scribe.write("main", {"Movie/1": b"%d" % n})
    entries = await outbox.pending()
    assert await outbox.pending(limit=2) == entries[:2]
    assert await outbox.pending(after=entries[1].sequence, limit=3) == entries[2:5]
    assert await outbox.pending(after=entries[-1].sequence) == []


async def test_delivered_entries_are_forgotten_and_the_ref_log_stays(store, scribe, outbox):
    await scribe.write("main", {"Movie/1": b"1"})
    first, second = await outbox.pending()
    await outbox.delivered([second.sequence])
    assert await outbox.pending() == [first]
    await outbox.delivered([first.sequence, second.sequence])
    assert await outbox.pending() == []
    assert len(await store.ref_log("oms", "main", Cursor())) == 2
    await scribe.write("main", {"Movie/1": b"2"})
    assert [entry.sequence > second.sequence for entry in await outbox.pending()] == [True]


async def test_progress_is_kept(scribe, outbox):
    (entry,) = await outbox.pending()
    await outbox.progressed(entry.sequence, 17)
    assert [found.next_ordinal for found in await outbox.pending()] == [17]


async def test_refusals_are_counted_until_the_entry_is_given_up_and_revived(scribe, outbox):
    (entry,) = await outbox.pending()
    retry_at = datetime.now(UTC) + timedelta(seconds=5)
    await outbox.refused(entry.sequence, "the gateway is away", retry_at)
    (refused,) = await outbox.pending()
    assert (refused.attempts, refused.last_error, refused.retry_at) == (1, "the gateway is away", retry_at)

    await outbox.refused(entry.sequence, "not accepted", None)
    assert await outbox.pending() == []
    (dead,) = await outbox.dead_letters()
    assert (dead.attempts, dead.dead, dead.last_error, dead.update) == (2, True, "not accepted", entry.update)

    await outbox.revive(entry.sequence)
    assert await outbox.dead_letters() == []
    (revived,) = await outbox.pending()
    assert (revived.attempts, revived.dead, revived.retry_at) == (0, False, None)


async def test_only_the_dead_are_revived(outbox):
    (entry,) = await outbox.pending()
    for sequence in (entry.sequence, entry.sequence + 1000):
        with pytest.raises(NotFound):
            await outbox.revive(sequence)


async def test_marks_on_entries_that_are_gone_do_nothing(store, outbox):
    (entry,) = await outbox.pending()
    await store.delete_database("oms")
    await outbox.progressed(entry.sequence, 3)
    await outbox.refused(entry.sequence, "too late", None)
    await outbox.delivered([entry.sequence])
    assert await outbox.pending() == await outbox.dead_letters() == []


async def test_the_depth_counts_what_is_pending(scribe, outbox):
    await scribe.write("main", {"Movie/1": b"1"})
    count, age_s = await outbox.depth()
    assert count == 2
    assert 0 <= age_s < 60
    first, second = await outbox.pending()
    await outbox.refused(first.sequence, "not accepted", None)
    assert (await outbox.depth())[0] == 1
    await outbox.delivered([second.sequence])
    assert await outbox.depth() == (0, 0.0)


async def test_the_outbox_survives_a_restart(open_store, scribe_of):
    store = await open_store()
    await store.create_database(Database("oms"))
    await scribe_of(store).write("main", {"Movie/1": b"1"}, create_branch=True)
    before = await store.outbox.pending()
    await store.close()
    store = await open_store()
    after = await store.outbox.pending()
    moves = await store.wait_for_movement(0)
    await store.close()
    assert after == before
    assert moves >= len(before)
