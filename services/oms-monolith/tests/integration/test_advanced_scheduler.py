"""The legacy scheduler on a real kernel."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from cloudevents.core.v1.event import CloudEvent
from support.callers import calling_as
from support.platform import Platform
from support.waiting import eventually

from oms.core.scheduler.advanced_scheduler import AdvancedScheduler
from oms.core.scheduler.job_documents import JobDocuments
from oms.core.scheduler.running import Runner
from oms.core.scheduler.tasks import Tasks
from shared.clients import TerminusGatewayClient
from shared.errors import AlreadyExists, NotFound, Unavailable, ValidationFailed
from shared.security import ServiceSigner


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(tmp_path_factory.mktemp("scheduler"), only=["nats", "data-kernel"]) as started:
        started.wait_ready()
        yield started


class Events:
    """A publisher that keeps what it is given, and may be told to fail so many times first."""

    def __init__(self) -> None:
        self.published: list[CloudEvent] = []
        self.failures = 0
        self.hold: asyncio.Event | None = None

    async def publish(self, event: CloudEvent) -> None:
        if self.hold is not None:
            await self.hold.wait()
        if self.failures:
            self.failures -= 1
            raise Unavailable("not now")
        self.published.append(event)

    def of(self, job_id: str) -> list[CloudEvent]:
        return [each for each in self.published if each.get_id().startswith(f"{job_id}+")]


@pytest.fixture
def events() -> Events:
    return Events()


@asynccontextmanager
async def scheduling(platform: Platform, events: Events, fires: Any = None) -> AsyncIterator[AdvancedScheduler]:
    kernel = TerminusGatewayClient(
        platform.kernel_grpc, signer=ServiceSigner("oms", platform.home.keys / "oms.key.pem")
    )
    tasks = Tasks(lambda _: events, source="urn:oms:dev:scheduler", allow_private=True)
    documents = JobDocuments(lambda: kernel, "dev/scheduler/main")
    scheduler = AdvancedScheduler(documents, Runner(documents, tasks), fires or (lambda _: True), poll_s=0.05)
    working = asyncio.create_task(scheduler.run())
    try:
        yield scheduler
    finally:
        working.cancel()
        await asyncio.wait([working])
        await tasks.close()
        await kernel.close()


def spec(**members: Any) -> dict[str, Any]:
    return {
        "id": f"job-{uuid4().hex[:8]}",
        "name": "Tell",
        "trigger": {"type": "interval", "every_s": 1},
        "task": {"type": "event", "event_type": "io.oms.test.v1", "data": {"n": 1}},
        "retries": {"max": 2, "backoff_s": 0.01},
        **members,
    }


async def ended(scheduler: AdvancedScheduler, job_id: str) -> list[Any]:
    return [each for each in await scheduler.list_executions(job_id=job_id, count=100) if each.state != "claimed"]


async def test_a_date_fires_once_and_its_run_is_recorded(platform: Platform, events: Events) -> None:
    at = (datetime.now(UTC) + timedelta(seconds=1)).replace(microsecond=0) + timedelta(seconds=1)
    with calling_as(platform):
        async with scheduling(platform, events) as scheduler:
            job: Any = await scheduler.create_job(spec(trigger={"type": "date", "at": at.isoformat()}))
            assert (job.paused, job.next_fire_at) == (False, at)
            (execution,) = await eventually(lambda: ended(scheduler, job.id), 20)
    assert execution.id == f"{job.id}+{at:%Y%m%dT%H%M%S}Z"
    assert (execution.state, execution.attempts, execution.cause) == ("succeeded", 1, "schedule")
    (event,) = events.of(job.id)
    assert (event.get_id(), event.get_source()) == (execution.id, "urn:oms:dev:scheduler")


async def test_two_schedulers_run_each_slot_once(platform: Platform, events: Events) -> None:
    with calling_as(platform):
        async with scheduling(platform, events) as one, scheduling(platform, events):
            job: Any = await one.create_job(spec())
            await eventually(lambda: len(events.of(job.id)) >= 3, 20)
            await one.delete_job(job.id)
            with pytest.raises(NotFound):
                await one.get_job(job.id)
    ids = [each.get_id() for each in events.of(job.id)]
    assert len(ids) == len(set(ids))


async def test_a_job_of_the_other_scheduler_is_left_alone(platform: Platform, events: Events) -> None:
    mine = spec()
    with calling_as(platform):
        async with scheduling(platform, events, lambda job_id: job_id == mine["id"]) as scheduler:
            other: Any = await scheduler.create_job(spec())
            await scheduler.create_job(mine)
            await eventually(lambda: len(events.of(mine["id"])) >= 2, 20)
            assert events.of(other.id) == []
            assert {mine["id"], other.id} <= {each.id for each in await scheduler.list_jobs()}
            for job_id in (mine["id"], other.id):
                await scheduler.delete_job(job_id)


async def test_late_slots_are_made_up_for_by_the_policy(platform: Platform, events: Events) -> None:
    at = datetime.now(UTC) + timedelta(milliseconds=300)
    with calling_as(platform):
        async with scheduling(platform, events, lambda _: False) as idle:
            job: Any = await idle.create_job(spec(trigger={"type": "date", "at": at.isoformat()}))
            await eventually(lambda: datetime.now(UTC) > at, 5)
        assert events.of(job.id) == []
        async with scheduling(platform, events) as scheduler:
            (execution,) = await eventually(lambda: ended(scheduler, job.id), 20)
    assert execution.state == "succeeded"
    assert len(events.of(job.id)) == 1


async def test_a_failing_task_is_tried_again_and_then_given_up(platform: Platform, events: Events) -> None:
    with calling_as(platform):
        async with scheduling(platform, events) as scheduler:
            job: Any = await scheduler.create_job(spec(trigger={"type": "cron", "expression": "0 0 1 1 *"}))
            events.failures = 2
            run: Any = await scheduler.run_job(job.id)
            (execution,) = await eventually(lambda: ended(scheduler, job.id), 20)
            assert (execution.id, execution.cause) == (run.id, "manual")
            assert (execution.state, execution.attempts) == ("succeeded", 3)
            events.failures = 3
            await scheduler.run_job(job.id)
            dead = await eventually(lambda: _two(ended(scheduler, job.id)), 20)
    assert sorted((each.state, each.attempts) for each in dead) == [("dead", 3), ("succeeded", 3)]


async def test_forbidden_and_replaced_executions_are_recorded(platform: Platform, events: Events) -> None:
    with calling_as(platform):
        async with scheduling(platform, events) as scheduler:
            for concurrency, state in (("forbid", "skipped"), ("replace", "cancelled")):
                events.hold = asyncio.Event()
                job: Any = await scheduler.create_job(spec(concurrency=concurrency))
                states = await eventually(lambda job=job: ended(scheduler, job.id), 20)
                assert {each.state for each in states} == {state}
                await scheduler.delete_job(job.id)
                events.hold.set()


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"trigger": {"type": "cron", "expression": "61 * * * *"}}, "trigger"),
        ({"trigger": {"type": "cron", "expression": "* * * * *", "timezone": "Nowhere/Land"}}, "trigger"),
        ({"trigger": {"type": "interval", "every_s": 0}}, "trigger.interval.every_s"),
        ({"trigger": {"type": "date", "at": "2020-01-01T00:00:00Z"}}, "trigger.date.at"),
        ({"task": {"type": "dance"}}, "task"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_bad_job_is_refused_with_the_field(
    platform: Platform, events: Events, wrong: dict[str, Any], path: str
) -> None:
    with calling_as(platform):
        async with scheduling(platform, events) as scheduler:
            with pytest.raises(ValidationFailed) as refused:
                await scheduler.create_job(spec(**wrong))
    assert refused.value.violations[0].path == path


async def test_a_job_is_there_once(platform: Platform, events: Events) -> None:
    one = spec(trigger={"type": "cron", "expression": "0 0 1 1 *"})
    with calling_as(platform):
        async with scheduling(platform, events) as scheduler:
            await scheduler.create_job(one)
            with pytest.raises(AlreadyExists):
                await scheduler.create_job(one)


async def _two(found: Any) -> Any:
    executions = await found
    return executions if len(executions) == 2 else None
