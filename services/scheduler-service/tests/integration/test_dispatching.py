"""What the leader does at given times: a clock that the tests turn, over a real kernel and Redis."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from scheduler_testing.hands import Hands, TurnedClock, hands
from scheduler_testing.scheduling import Scheduling

from scheduler_service.application.ports import Lease
from scheduler_service.domain.executions import Outcome, State

EVERY_10_S = {"type": "interval", "every_s": 10}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduling]:
    with Scheduling(tmp_path_factory.mktemp("stores") / "oms", parts=("redis", "data-kernel")) as started:
        started.wait_ready()
        yield started


@pytest.fixture
async def leader(stores: Scheduling) -> AsyncIterator[Hands]:
    async with hands(stores, holder="first", clock=TurnedClock()) as opened:
        await opened.connections.redis.ask(opened.connections.redis.redis.flushdb())
        yield opened
        repository = opened.connections.repository
        for job in [each async for each in repository.jobs()]:
            await repository.delete_job(job.id)
        if left := [each.id async for each in repository.executions()]:
            await repository.forget(left)


async def fired(leader: Hands, job_id: str) -> list[tuple[float, str, int]]:
    """Each execution of a job: seconds after twelve, state, slots missed before it."""
    noon = leader.clock.at.replace(hour=12, minute=0, second=0)
    found = [
        ((each.scheduled_for - noon).total_seconds(), each.state.value, each.missed)
        for each in await leader.executions(job_id)
    ]
    return sorted(found)


async def test_each_slot_is_claimed_once(leader: Hands) -> None:
    lease = await leader.lead()
    await leader.create("steady", trigger=EVERY_10_S)
    for _ in range(35):
        leader.clock.turn(1)
        await leader.dispatching.turn(lease)
    assert await fired(leader, "steady") == [(at, "claimed", 0) for at in (10, 20, 30)]
    assert await leader.connections.queue.depth() == 3


@pytest.mark.parametrize(
    ("misfire", "expected"),
    [
        ({"policy": "skip", "grace_s": 5}, [(60, "skipped", 6)]),
        ({"policy": "fire_once", "grace_s": 5}, [(60, "claimed", 5)]),
        ({"policy": "fire_all", "grace_s": 5, "limit": 2}, [(50, "claimed", 4), (60, "claimed", 0)]),
    ],
)
async def test_slots_that_were_missed_follow_the_policy(
    leader: Hands, misfire: dict[str, Any], expected: list[tuple[float, str, int]]
) -> None:
    lease = await leader.lead()
    job = f"late-{misfire['policy']}"
    await leader.create(job, trigger=EVERY_10_S, misfire=misfire)
    leader.clock.turn(67)
    await leader.dispatching.turn(lease)
    await leader.dispatching.turn(lease)
    assert await fired(leader, job) == expected
    leader.clock.turn(4)
    await leader.dispatching.turn(lease)
    assert (await fired(leader, job))[-1] == (70, "claimed", 0)


async def test_two_who_both_think_that_they_lead_claim_a_slot_once(leader: Hands, stores: Scheduling) -> None:
    lease = await leader.lead()
    await leader.create("contested", trigger=EVERY_10_S)
    async with hands(stores, holder="second", clock=leader.clock) as rival:
        assert await rival.leadership.acquire() is None
        leader.clock.turn(12)
        stale = Lease("second", lease.token - 1)
        due = await rival.schedule.due(leader.clock.now(), 10)
        await rival.dispatching.turn(stale)
        assert await rival.schedule.due(leader.clock.now(), 10) == due  # it may not move the schedule on
        await leader.dispatching.turn(lease)
    assert await fired(leader, "contested") == [(10, "claimed", 0)]
    assert await leader.connections.queue.depth() == 1


async def test_a_claim_whose_leader_ended_before_it_was_queued_is_queued_by_the_next(leader: Hands) -> None:
    lease = await leader.lead()
    await leader.create("orphan", trigger=EVERY_10_S)
    leader.clock.turn(11)
    (entry,) = await leader.schedule.due(leader.clock.now(), 10)
    execution = leader.dispatching._execution(entry, entry.slot, 0)
    assert await leader.connections.repository.claim(execution)
    await leader.dispatching.turn(lease)
    assert await leader.connections.queue.active("orphan") == [execution.id]


async def test_a_clock_that_steps_back_fires_nothing_twice(leader: Hands) -> None:
    lease = await leader.lead()
    await leader.create("stepping", trigger=EVERY_10_S)
    for step in (11, -10, 10, -5, 5):
        leader.clock.turn(step)
        await leader.dispatching.turn(lease)
    assert await fired(leader, "stepping") == [(10, "claimed", 0)]


async def test_a_lost_schedule_goes_on_from_the_last_slot(leader: Hands) -> None:
    lease = await leader.lead()
    await leader.create("lost", trigger=EVERY_10_S)
    leader.clock.turn(21)
    await leader.dispatching.turn(lease)
    before = await fired(leader, "lost")
    await leader.connections.redis.ask(leader.connections.redis.redis.flushdb())
    leader.clock.turn(10)
    lease = await leader.lead()
    await leader.dispatching.turn(lease)
    assert await fired(leader, "lost") == [*before, (30, "claimed", 0)]
    assert await leader.connections.queue.depth() == len(before) + 1  # those that were open are handed out again


async def test_a_job_that_only_the_kernel_knows_is_found(leader: Hands) -> None:
    await leader.lead()
    await leader.create("unsaid", trigger=EVERY_10_S)
    await leader.schedule.remove("unsaid")
    await leader.rebuilding.run()
    assert (await leader.schedule.known())["unsaid"] == 1
    await leader.connections.repository.delete_job("unsaid")
    await leader.rebuilding.run()
    assert "unsaid" not in await leader.schedule.known()


async def test_what_cannot_be_read_keeps_nothing_else_from_firing(leader: Hands) -> None:
    lease = await leader.lead()
    for job in ("bad", "fine"):
        await leader.create(job, trigger=EVERY_10_S)
    patch = [{"op": "replace", "path": "/spec", "value": {"of": "another time"}}]
    await leader.connections.repository._patch("Job/bad", patch, "Break a job")
    redis = leader.connections.redis
    entry = b'{"job_id":"bad","revision":1,"slot":"2026-06-01T12:00:10Z","start":"2026-06-01T12:00:10Z","spec":{}}'
    await redis.ask(redis.redis.hset(leader.connections.keys.jobs, "bad", entry))
    leader.clock.turn(11)
    await leader.dispatching.turn(lease)
    await leader.rebuilding.run()
    assert await fired(leader, "fine") == [(10, "claimed", 0)]
    assert await fired(leader, "bad") == []
    await leader.connections.repository.delete_job("bad")


async def test_jitter_delays_the_start_and_is_no_miss(leader: Hands) -> None:
    lease = await leader.lead()
    await leader.create("jittery", trigger={**EVERY_10_S, "every_s": 100, "jitter_s": 90}, misfire={"grace_s": 1})
    for _ in range(200):
        leader.clock.turn(1)
        await leader.dispatching.turn(lease)
    assert [(at, state, missed) for at, state, missed in await fired(leader, "jittery")] == [(100, "claimed", 0)]
    (execution,) = await leader.executions("jittery")
    delay = execution.claimed_at - execution.scheduled_for
    assert timedelta(0) < delay <= timedelta(seconds=91)


async def test_records_past_their_retention_are_forgotten(leader: Hands) -> None:
    lease = await leader.lead()
    await leader.create("old", trigger=EVERY_10_S)
    leader.clock.turn(11)
    await leader.dispatching.turn(lease)
    (execution,) = await leader.executions("old")
    await leader.connections.repository.finish(execution.id, Outcome(State.SUCCEEDED, leader.clock.now()))
    leader.clock.turn(90_000)
    await leader.rebuilding.run()
    assert await leader.executions("old") == []


async def test_the_first_record_of_an_end_stands(leader: Hands) -> None:
    lease = await leader.lead()
    await leader.create("ended", trigger=EVERY_10_S)
    leader.clock.turn(11)
    await leader.dispatching.turn(lease)
    (execution,) = await leader.executions("ended")
    repository = leader.connections.repository
    assert await repository.finish(execution.id, Outcome(State.SUCCEEDED, leader.clock.now(), attempts=2))
    assert not await repository.finish(execution.id, Outcome(State.DEAD, leader.clock.now(), attempts=1))
    assert (await repository.get_execution(execution.id)).state is State.SUCCEEDED


async def test_an_attempt_that_is_not_the_last_keeps_no_checkpoint(leader: Hands) -> None:
    lease = await leader.lead()
    await leader.create("fenced", trigger=EVERY_10_S)
    leader.clock.turn(11)
    await leader.dispatching.turn(lease)
    queue, now = leader.connections.queue, leader.clock.now()
    assert await queue.take("w1", 1, 0.1) == []  # the group is made
    (delivery,) = await queue.take("w1", 1, 0.1)
    first = await queue.start(delivery, "w1", now)
    assert first is not None
    assert await queue.checkpoint(first, {"step": 1})
    assert await queue.start(delivery, "w2", now) is None  # it is not that worker's
    second = await queue.start(delivery, "w1", now)
    assert second is not None
    assert (second.number, second.checkpoint) == (2, {"step": 1})
    assert not await queue.checkpoint(first, {"step": 0})
    assert await queue.checkpoint(second, {"step": 2})
    await queue.settle(delivery)
    assert not await queue.enqueue(second.execution)  # a late claim finds that it is done
    assert await queue.depth() == 0
