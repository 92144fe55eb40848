"""One process after the other fails under writing clients: what was acknowledged is there, and was announced.

The processes and their faults are drawn by a seed, which a failure shows; `FAULT_SEED=<seed>` draws the same again.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import groupby

import httpx2
import pytest
from support.broker import stored_events
from support.faults import SEED_VARIABLE, Fault, Round, drawn_rounds, given_seed, inflict
from support.links import Links
from support.platform import Platform
from support.waiting import eventually
from support.writing import NOTE, Writer

BRANCHES = ("dev/oms/main", "dev/oms/faults")
NEEDED = {"data-kernel", "oms"}
"""Without these nobody writes; without any other process nobody notices."""
REQUEST_TIMEOUT_S = 2
HELD_S = 1.0
WRITES_AFTER = 3
READY_S = 60


@pytest.fixture
def links() -> Iterator[Links]:
    with Links() as opened:
        yield opened


@pytest.fixture
def platform(tmp_path_factory: pytest.TempPathFactory, links: Links) -> Iterator[Platform]:
    # A short deadline, so that a round with a silent kernel is short.
    settings = {"oms": {"REQUEST_TIMEOUT_S": str(REQUEST_TIMEOUT_S)}}
    with Platform(tmp_path_factory.mktemp("faults"), environment=settings, traces=False, links=links) as started:
        started.wait_ready()
        yield started


@pytest.mark.parametrize("count", [5, pytest.param(100, marks=pytest.mark.long)])
async def test_no_fault_loses_anything(platform: Platform, links: Links, count: int) -> None:
    seed = given_seed()
    sys.stdout.write(f"{SEED_VARIABLE}={seed}\n")
    await make_branches(platform)
    async with writing(platform) as writers:
        for each in drawn_rounds(platform.names, count, seed):
            began_s = time.monotonic()
            try:
                await fail_and_recover(platform, links, writers, each)
            except BaseException as error:
                error.add_note(f"{SEED_VARIABLE}={seed}, {each}")
                error.add_note(f"answered last: {[writer.troubles[-2:] for writer in writers]}")
                error.add_note(f"the log of {each.process} ends:\n{platform.last_lines(each.process)}")
                raise
            sys.stdout.write(f"{each}: {time.monotonic() - began_s:.1f} s\n")
    await everything_was_announced_in_order(platform, writers)


async def make_branches(platform: Platform) -> None:
    async with httpx2.AsyncClient(base_url=platform.oms_url, headers=platform.authorization()) as alice:
        (await alice.post("/api/v1/object-types", json=NOTE)).raise_for_status()
    main, other = BRANCHES
    async with httpx2.AsyncClient(base_url=platform.kernel_url, headers=platform.authorization()) as alice:
        made = await alice.post("/db/oms/branches", json={"branch": other, "origin": {"branch": main}})
        assert made.status_code == 201, made.text


@asynccontextmanager
async def writing(platform: Platform) -> AsyncIterator[list[Writer]]:
    """A writer on each branch; each ends with the write that it has begun."""
    writers = [Writer(platform.oms_url, platform.authorization(), branch) for branch in BRANCHES]
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


async def fail_and_recover(platform: Platform, links: Links, writers: list[Writer], each: Round) -> None:
    known = [len(writer.acknowledged) for writer in writers]
    for writer in writers:
        writer.troubles.clear()
        writer.oms_may_be_away = each.process == "oms"
    undo = inflict(platform, links, each)
    try:
        if each.process in NEEDED:
            await eventually(lambda: all(notices(writer, each) for writer in writers), READY_S, what="a failure")
        else:
            await progress(writers, each.writes)
    finally:
        undo()
    await recovered(platform, writers)
    if each.process not in NEEDED:
        assert [writer.troubles for writer in writers] == [[] for _ in writers]
    for writer, before in zip(writers, known, strict=True):
        await commits_are_there(platform, writer, list(writer.acknowledged)[before:])


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


async def everything_was_announced_in_order(platform: Platform, writers: list[Writer]) -> None:
    async def outbox_is_empty() -> bool:
        async with httpx2.AsyncClient(base_url=platform.kernel_url, headers=platform.authorization("admin")) as admin:
            return bool((await admin.get("/admin/outbox")).json()["depth"] == 0)

    await eventually(outbox_is_empty, READY_S, what="an empty outbox")
    for writer in writers:
        # The oldest commit of all is the type's.
        assert (await log(platform, writer.branch))[-len(writer.acknowledged) :] == [*writer.acknowledged.values()]

    async def announced() -> dict[str, list[tuple[int, str]]] | None:
        by_branch = await commits_announced(platform)
        counts = [len(by_branch.get(writer.branch, [])) for writer in writers]
        return by_branch if all(c >= len(w.acknowledged) for c, w in zip(counts, writers, strict=True)) else None

    # What the gateway had only queued comes when it has drained its spool.
    by_branch = await eventually(announced, READY_S, what="every event in the broker")
    for writer in writers:
        commits = [commit for _, commit in by_branch[writer.branch]]
        assert commits[-len(writer.acknowledged) :] == [*writer.acknowledged.values()]
    for branch, entries in by_branch.items():
        numbers = [number for number, _ in entries]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"once and in order on {branch}"


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


async def commits_announced(platform: Platform) -> dict[str, list[tuple[int, str]]]:
    """Number and commit of every movement of each branch that the broker holds, in the order of the stream."""
    found: list[tuple[str, int, str]] = []
    ids: set[str] = set()
    for event in await stored_events(platform.nats_url):
        data = event.get_data()
        if event.get_type() == "io.oms.commit.v1" and event.get_id() not in ids:
            found.append((data["branch"], int(data["number"]), data["commit"]))
        ids.add(event.get_id())
    found.sort(key=lambda entry: entry[0])  # the sort is stable: the order within a branch stays
    return {branch: [entry[1:] for entry in entries] for branch, entries in groupby(found, key=lambda entry: entry[0])}
