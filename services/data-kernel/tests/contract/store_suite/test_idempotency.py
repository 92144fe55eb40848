import asyncio
from dataclasses import replace

import pytest

from data_kernel.application.ports import Idempotency, Plan
from data_kernel.domain.databases import Database
from shared.errors import Conflict, InvalidInput

KEY = Idempotency("key-1", "fingerprint-1")


async def test_the_same_key_and_request_give_the_same_outcome_once(store, scribe, outbox):
    first = await scribe.write("main", {"Movie/1": b"1"}, idempotency=KEY)
    moves = len(await outbox.pending())
    await scribe.write("main", {"Movie/1": b"2"})
    again = await scribe.write("main", {"Movie/1": b"1"}, idempotency=KEY)
    assert again == first
    assert len(await outbox.pending()) == moves + 1
    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"2"}


async def test_attempts_at_the_same_time_make_one_commit(store, scribe):
    outcomes = await asyncio.gather(*(scribe.write("main", {"Movie/1": b"1"}, idempotency=KEY) for _ in range(20)))
    assert len(set(outcomes)) == 1
    assert len(await store.log("oms", await scribe.head("main"))) == 1


async def test_the_outcome_comes_before_the_expected_head(scribe):
    head = (await scribe.write("main", {"Movie/1": b"1"})).commit
    first = await scribe.write("main", {"Movie/2": b"2"}, idempotency=KEY, expected_head=head)
    assert await scribe.write("main", {"Movie/2": b"2"}, idempotency=KEY, expected_head=head) == first


async def test_another_request_with_the_key_is_a_conflict(scribe):
    await scribe.write("main", {"Movie/1": b"1"}, idempotency=KEY)
    with pytest.raises(Conflict) as refusal:
        await scribe.write("main", {"Movie/2": b"2"}, idempotency=replace(KEY, fingerprint="fingerprint-2"))
    assert refusal.value.field == "idempotency_key"
    assert await scribe.contents(await scribe.head("main")) == {"Movie/1": b"1"}


async def test_a_key_belongs_to_its_actor_and_database(store, scribe, scribe_of):
    first = await scribe.write("main", {"Movie/1": b"1"}, idempotency=KEY)
    bob = replace(scribe.attribution, actor="bob@oms")
    theirs = await scribe.write("main", {"Movie/2": b"2"}, idempotency=KEY, attribution=bob)
    await store.create_database(Database("other"))
    other = scribe_of(store, "other")
    await other.branch("main")
    elsewhere = await other.write("main", {"Movie/1": b"1"}, idempotency=KEY)
    assert len({first.commit, theirs.commit, elsewhere.commit}) == 3


async def test_refusals_are_not_kept(store, scribe):
    def refuse(view):
        raise InvalidInput("not like this")

    with pytest.raises(InvalidInput):
        await store.write(scribe.request("main", refuse, idempotency=KEY))
    assert (await scribe.write("main", {"Movie/1": b"1"}, idempotency=KEY)).changed


async def test_an_outcome_without_change_is_kept(store, scribe):
    nothing = await store.write(scribe.request("main", lambda view: Plan(("Movie/1",), ()), idempotency=KEY))
    again = await scribe.write("main", {"Movie/1": b"1"}, idempotency=KEY)
    assert again == nothing
    assert again.changed is False


async def test_dry_runs_leave_the_key_free(scribe):
    await scribe.write("main", {"Movie/1": b"1"}, idempotency=KEY, dry_run=True)
    assert (await scribe.write("main", {"Movie/1": b"1"}, idempotency=KEY)).changed


async def test_keys_are_known_after_a_restart(open_store, scribe_of):
    store = await open_store()
    await store.create_database(Database("oms"))
    first = await scribe_of(store).write("main", {"Movie/1": b"1"}, idempotency=KEY, create_branch=True)
    await store.close()
    store = await open_store()
    again = await scribe_of(store).write("main", {"Movie/1": b"1"}, idempotency=KEY, create_branch=True)
    await store.close()
    assert again == first
