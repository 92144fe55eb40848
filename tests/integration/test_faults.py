"""One process after the other fails under writing clients: what was acknowledged is there, and was announced.

The processes and their faults are drawn by a seed, which a failure shows; `FAULT_SEED=<seed>` draws the same again.
"""

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from cloudevents.core.v1.event import CloudEvent
from support.appointments import REMINDER, Appointments
from support.broker import stored_events
from support.faults import SEED_VARIABLE, Fault, Round, drawn_rounds, given_seed, inflict
from support.links import Links
from support.platform import Platform
from support.waiting import eventually
from support.writing import NOTE, Writer

BRANCHES = ("dev/oms/main", "dev/oms/faults")
FEW = range(1, 6)
MANY = [range(first, first + 20) for first in range(1, 101, 20)]
"""The numbers of the rounds of each test; all share one draw and one platform."""
NEEDED = {"data-kernel", "oms"}
"""Without these nobody writes; without any other process nobody notices."""
REQUEST_TIMEOUT_S = 2
WORKER_LEASE_S = 3
HELD_S = 1.0
WRITES_MEANWHILE = 3
WRITES_AFTER = 3
READY_S = 60


@pytest.fixture(scope="module")
def seed() -> int:
    return given_seed()


@pytest.fixture(scope="module")
def links() -> Iterator[Links]:
    with Links() as opened:
        yield opened


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, links: Links) -> Iterator[Platform]:
    # Short ones, so that rounds with a silent kernel, and the end of a killed worker's executions, come soon.
    lease = {"SCHEDULER_WORKER_LEASE_S": str(WORKER_LEASE_S)}
    settings = {
        "oms": {"REQUEST_TIMEOUT_S": str(REQUEST_TIMEOUT_S)},
        "scheduler": lease,
        "scheduler-worker": lease,
    }
    with Platform(tmp_path_factory.mktemp("faults"), environment=settings, traces=False, links=links) as started:
        started.wait_ready()
        make_branches(started)
        yield started


@pytest.mark.parametrize(
    "rounds",
    [FEW, *(pytest.param(each, marks=pytest.mark.long) for each in MANY)],
    ids=lambda rounds: f"{rounds[0]}-{rounds[-1]}",
)
async def test_no_fault_loses_anything(platform: Platform, links: Links, seed: int, rounds: range) -> None:
    sys.stdout.write(f"{SEED_VARIABLE}={seed}\n")
    appointments = Appointments(platform.oms_url, platform.authorization())
    async with writing(platform, f"{rounds.start}-") as writers:
        for each in drawn_rounds(platform.names, rounds, seed):
            began_s = time.monotonic()
            try:
                await fail_and_recover(platform, links, writers, appointments, each)
            except BaseException as error:
                error.add_note(f"{SEED_VARIABLE}={seed}, {each}")
                error.add_note(f"answered last: {[writer.troubles[-2:] for writer in writers]}")
                error.add_note(f"the log of {each.process} ends:\n{platform.last_lines(each.process)}")
                raise
            sys.stdout.write(f"{each}: {time.monotonic() - began_s:.1f} s\n")
    try:
        await appointments.are_kept()
    except AssertionError as error:
        error.add_note(f"the scheduler said:\n{platform.lines('scheduler', without='health_check_failed')[-6000:]}")
        raise
    await everything_was_announced_in_order(platform, writers, appointments)


def make_branches(platform: Platform) -> None:
    alice = platform.authorization()
    main, other = BRANCHES
    httpx2.post(f"{platform.oms_url}/api/v1/object-types", json=NOTE, headers=alice).raise_for_status()
    branch = {"branch": other, "origin": {"branch": main}}
    httpx2.post(f"{platform.kernel_url}/db/oms/branches", json=branch, headers=alice).raise_for_status()


@asynccontextmanager
async def writing(platform: Platform, first_of_keys: str) -> AsyncIterator[list[Writer]]:
    """A writer on each branch; each ends with the write that it has begun."""
    writers = [Writer(platform.oms_url, platform.authorization(), branch, first_of_keys) for branch in BRANCHES]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(writer.run()) for writer in writers]
        try:
            yield writers
        except BaseException:
            for task in tasks:
                task.cancel()
            raise
        for writer in writers:
            writer.stopping = True


async def fail_and_recover(
    platform: Platform, links: Links, writers: list[Writer], appointments: Appointments, each: Round
) -> None:
    known = [len(writer.acknowledged) for writer in writers]
    oms_may_be_away = each.process == "oms"
    for writer in writers:
        writer.troubles.clear()
        writer.oms_may_be_away = oms_may_be_away
    undo = inflict(platform, links, each)
    async with asyncio.TaskGroup() as group:
        group.create_task(appointments.make(f"appointment-{each.number}", oms_may_be_away=oms_may_be_away))
        try:
            await felt(writers, each)
        finally:
            undo()
        await recovered(platform, writers)
    if each.process not in NEEDED:
        assert [writer.troubles for writer in writers] == [[] for _ in writers]
    for writer, before in zip(writers, known, strict=True):
        await commits_are_there(platform, writer, list(writer.acknowledged)[before:])


async def felt(writers: list[Writer], each: Round) -> None:
    """Wait until the fault has lasted as long as it was drawn for, and writers have met it, or have written on."""
    ends_at_s = time.monotonic() + each.held_s
    if each.process in NEEDED:
        await eventually(lambda: all(notices(writer, each) for writer in writers), READY_S, what="a failure")
    else:
        await progress(writers, WRITES_MEANWHILE)
    await eventually(lambda: time.monotonic() >= ends_at_s, READY_S, what="the end of the fault")
    if each.process not in NEEDED:
        await progress(writers, WRITES_MEANWHILE)


def notices(writer: Writer, each: Round) -> bool:
    """Whether the client has learned that something is away: by an answer, or where OMS itself is mute by waiting."""
    is_mute = each.process == "oms" and each.fault in {Fault.STOPPED, Fault.SILENT}
    return writer.waits_s > HELD_S if is_mute else bool(writer.troubles)


async def progress(writers: list[Writer], writes: int) -> None:
    """Wait until each writer has some more writes acknowledged."""
    wanted = [len(writer.acknowledged) + writes for writer in writers]

    def have_come() -> bool:
        return all(len(writer.acknowledged) >= count for writer, count in zip(writers, wanted, strict=True))

    await eventually(have_come, READY_S, what="acknowledged writes")


async def recovered(platform: Platform, writers: list[Writer]) -> None:
    """Every process is ready again, and writing goes on."""

    async def are_ready() -> bool:
        return all([await asyncio.to_thread(platform.is_ready, name) for name in platform.names])

    await eventually(are_ready, READY_S, what="readiness")
    await progress(writers, WRITES_AFTER)


async def commits_are_there(platform: Platform, writer: Writer, keys: list[str]) -> None:
    async with httpx2.AsyncClient(base_url=platform.kernel_url, headers=platform.authorization()) as alice:
        for key in keys:
            read = await alice.get(f"/db/oms/doc/Note/{key}", params={"rev": writer.acknowledged[key]})
            assert (read.status_code, read.json()["key"]) == (200, key)


async def everything_was_announced_in_order(
    platform: Platform, writers: list[Writer], appointments: Appointments
) -> None:
    async def outbox_is_empty() -> bool:
        async with httpx2.AsyncClient(base_url=platform.kernel_url, headers=platform.authorization("admin")) as admin:
            standing = (await admin.get("/admin/outbox")).json()
        assert standing["dead_letters"] == []
        return bool(standing["depth"] == 0)

    await eventually(outbox_is_empty, READY_S, what="an empty outbox")
    logs = {writer.branch: await log(platform, writer.branch) for writer in writers}

    async def announced() -> list[CloudEvent] | None:
        events = await stored_events(platform.nats_url)
        commits = commits_of(events)
        return events if all(commits[branch][-1:] == logs[branch][-1:] for branch in logs) else None

    # What the gateway had only queued comes when it has drained its spool.
    events = await eventually(announced, READY_S, what="the last event in the broker")
    assert len({event.get_id() for event in events}) == len(events), "no event is stored twice"
    for writer in writers:
        written = [*writer.acknowledged.values()]
        assert logs[writer.branch][-len(written) :] == written, "the log has every commit, in order, and no other"
        assert commits_of(events)[writer.branch][-len(written) :] == written, "and so have the events"
    for branch, numbers in numbers_of(events).items():
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"no event of {branch} is missing"
    appointments.are_heard_of_once([event.get_subject() or "" for event in events if event.get_type() == REMINDER])


async def log(platform: Platform, branch: str) -> list[str]:
    """The commits of a branch, the oldest first."""
    commits: list[str] = []
    page = {"next_page_token": ""}
    async with httpx2.AsyncClient(base_url=platform.kernel_url, headers=platform.authorization()) as alice:
        while True:
            query = {"branch": branch, "count": 1000, "page_token": page["next_page_token"]}
            page = (await alice.get("/db/oms/log", params=query)).raise_for_status().json()
            commits += [commit["id"] for commit in page["commits"]]
            if not page.get("next_page_token"):
                return commits[::-1]


def commits_of(events: list[CloudEvent]) -> dict[str, list[str]]:
    """The announced commits of each branch, in the order of the stream."""
    commits: dict[str, list[str]] = defaultdict(list)
    for data in movements(events):
        commits[data["branch"]].append(data["commit"])
    return commits


def numbers_of(events: list[CloudEvent]) -> dict[str, list[int]]:
    """The numbers of each branch's announced movements, in the order of the stream."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for data in movements(events):
        numbers[data["branch"]].append(data["number"])
    return numbers


def movements(events: list[CloudEvent]) -> list[dict[str, Any]]:
    return [event.get_data() for event in events if event.get_type() == "io.oms.commit.v1"]
