import asyncio
import threading

import pytest

from data_kernel.application.ports import Plan, WriteRequest
from data_kernel.domain.databases import Revision
from shared.errors import Conflict, Internal, Unavailable


class Gate:
    """A planner that holds the writer inside a group until the test lets it go."""

    def __init__(self):
        self.reached = threading.Event()
        self.open = threading.Event()

    def plan(self, view):
        self.reached.set()
        assert self.open.wait(30)
        return Plan((), ())


@pytest.fixture
async def gate(store, attribution):
    """The writer stands in a group of its own; what is queued now is the next group."""
    gate = Gate()
    held = asyncio.ensure_future(store.write(WriteRequest("oms", "main", attribution, gate.plan)))
    assert await asyncio.to_thread(gate.reached.wait, 30)
    yield gate
    gate.open.set()
    await held


def count_commits(store):
    commits = []
    store._writer._session.connection.set_commit_hook(lambda: bool(commits.append(1)))
    return commits


async def queued(store, *writes):
    tasks = [asyncio.ensure_future(write) for write in writes]
    while store._writer._queue.qsize() < len(tasks):
        await asyncio.sleep(0)
    return tasks


async def test_what_waits_is_made_durable_together(store, put, gate):
    commits = count_commits(store)
    tasks = await queued(store, *(put(store, f"Movie/{n}", b"1") for n in range(64)))
    gate.open.set()
    outcomes = await asyncio.gather(*tasks)
    assert len({outcome.commit for outcome in outcomes}) == 64
    assert len(commits) == 2  # the gate's own group, and one for all


async def test_a_group_is_bounded(store, put, gate):
    commits = count_commits(store)
    tasks = await queued(store, *(put(store, f"Movie/{n}", b"1") for n in range(65)))
    gate.open.set()
    await asyncio.gather(*tasks)
    assert len(commits) == 3


async def test_one_that_fails_fails_alone(store, put, gate, attribution):
    def stumble(view):
        raise RuntimeError("a fault")

    tasks = await queued(
        store,
        put(store, "Movie/1", b"1"),
        put(store, "Movie/2", b"2", expected_head="0" * 31),
        store.write(WriteRequest("oms", "main", attribution, stumble)),
        put(store, "Movie/3", b"3"),
    )
    gate.open.set()
    first, stale, fault, last = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(stale, Conflict)
    assert isinstance(fault, Internal)
    log = await store.log("oms", await store.resolve("oms", Revision(branch="main")))
    assert [commit.id for commit in log] == [last.commit, first.commit]
    assert log[0].parents == (first.commit,)


async def test_nobody_sees_a_head_before_it_is_durable(store, put, attribution):
    gate = Gate()
    first = asyncio.ensure_future(store.write(WriteRequest("oms", "main", attribution, gate.plan)))
    assert await asyncio.to_thread(gate.reached.wait, 30)
    inside = Gate()
    tasks = await queued(
        store, put(store, "Movie/1", b"1"), store.write(WriteRequest("oms", "main", attribution, inside.plan))
    )
    gate.open.set()
    assert await asyncio.to_thread(inside.reached.wait, 30)
    # The group has made the commit and stands in its second change.
    assert (await store.get_branch("oms", "main")).head is None
    assert not tasks[0].done()
    inside.open.set()
    outcome, nothing = await asyncio.gather(*tasks)
    assert not nothing.changed
    assert nothing.commit == outcome.commit
    assert (await store.get_branch("oms", "main")).head == outcome.commit
    await first


async def test_a_caller_that_has_gone_is_not_written_for(store, put, gate):
    kept, cancelled = await queued(store, put(store, "Movie/1", b"1"), put(store, "Movie/2", b"2"))
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    gate.open.set()
    await kept
    state = await store.resolve("oms", Revision(branch="main"))
    found = await store.get("oms", state, ["Movie/1", "Movie/2"])
    assert [document is not None for document in found] == [True, False]


async def test_closing_finishes_what_was_taken(store, put, gate):
    tasks = await queued(store, *(put(store, f"Movie/{n}", b"1") for n in range(10)))
    closing = asyncio.ensure_future(store.close())
    gate.open.set()
    outcomes = await asyncio.gather(*tasks)
    await closing
    assert all(outcome.changed for outcome in outcomes)
    for call in (put(store, "Movie/1", b"2"), store.ping(), store.list_databases()):
        with pytest.raises(Unavailable):
            await call
