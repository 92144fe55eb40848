"""A kernel that serves takes out what nothing needs: when an operator asks, and by itself."""

from datetime import timedelta

import pytest
from data_kernel_testing.callers import ADMIN, ALICE, NOBODY, announce_all, put
from data_kernel_testing.kernel_process import KernelProcess
from data_kernel_testing.waiting import until

from data_kernel.api.grpc.governance import GovernanceServicer
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.reads import ListQuery
from data_kernel.domain.commits import Cursor
from data_kernel.domain.merging import Strategy
from data_kernel.domain.retention import Retention
from shared.context import use
from shared.errors import Forbidden, Gone, InvalidInput, NotFound, Unauthenticated
from shared.grpc.generated.data_kernel.v1 import governance_pb2

SIDE = "dev/oms/side"


async def collect(kernel, context, database: str = "", *, dry_run: bool = False) -> list[tuple[str, int, int]]:
    request = governance_pb2.CollectGarbageRequest(database=database, dry_run=dry_run)
    with use(context):
        answers = [each async for each in GovernanceServicer(kernel).CollectGarbage(request, None)]
    return [(each.database, each.commits, each.versions) for each in answers]


async def lose(kernel) -> str:
    """A commit on a branch that is deleted then; all of it announced."""
    await put(kernel, "Alien")
    await kernel.branches.create("oms", SIDE, NamedRevision(branch="main"), ALICE)
    lost = await put(kernel, "Brazil", "Cube", branch=SIDE)
    await kernel.branches.delete("oms", SIDE, ALICE)
    await announce_all(kernel)
    return lost


async def test_an_operator_collects_in_all_databases_or_in_one(kernel) -> None:
    lost = await lose(kernel)
    await kernel.databases.create("other", ADMIN)
    assert await collect(kernel, ADMIN, dry_run=True) == [("oms", 1, 2), ("other", 0, 0)]
    assert (await kernel.store.get_commit("oms", lost)).id == lost
    assert await collect(kernel, ADMIN, "oms") == [("oms", 1, 2)]
    with pytest.raises(NotFound):
        await kernel.store.get_commit("oms", lost)
    assert await collect(kernel, ADMIN) == [("oms", 0, 0), ("other", 0, 0)]


async def test_nobody_else_collects(kernel) -> None:
    lost = await lose(kernel)
    with pytest.raises(Forbidden, match="for admins"):
        await collect(kernel, ALICE)
    with pytest.raises(Unauthenticated):
        await collect(kernel, NOBODY)
    with pytest.raises(NotFound):
        await collect(kernel, ADMIN, "never")
    with pytest.raises(Forbidden):
        await collect(kernel, ADMIN, "_kernel")
    assert (await kernel.store.get_commit("oms", lost)).id == lost


async def test_what_is_not_announced_yet_stays(kernel) -> None:
    await put(kernel, "Alien")
    await kernel.branches.create("oms", SIDE, NamedRevision(branch="main"), ALICE)
    await put(kernel, "Brazil", branch=SIDE)
    await kernel.branches.delete("oms", SIDE, ALICE)
    assert await collect(kernel, ADMIN) == [("oms", 0, 0)]
    await announce_all(kernel)
    assert await collect(kernel, ADMIN) == [("oms", 1, 1)]


async def test_a_branch_is_followed_past_commits_that_were_collected(kernel) -> None:
    lost = await lose(kernel)
    await collect(kernel, ADMIN)
    movements = await kernel.history.watch("oms", SIDE, Cursor(), ALICE)
    created, written, deleted = [await anext(movements) for _ in range(3)]
    assert (created.commit.id, written.update.new_head) == (created.update.new_head, lost)
    assert (written.commit, deleted.commit) == (None, None)
    await movements.aclose()


async def test_a_follower_of_a_database_that_was_made_anew_is_told(kernel) -> None:
    await kernel.databases.create("other", ADMIN)
    await kernel.branches.create("other", SIDE, None, ALICE)
    movements = await kernel.history.watch("other", SIDE, Cursor(), ALICE)
    await anext(movements)
    await kernel.branches.delete("other", SIDE, ALICE)
    await anext(movements)
    await kernel.databases.delete("other", ADMIN)
    await kernel.databases.create("other", ADMIN)
    await kernel.branches.create("other", SIDE, None, ALICE)
    with pytest.raises(Gone, match="begin anew"):
        await anext(movements)


async def test_what_lies_beyond_the_horizon_is_named_so(kernel) -> None:
    await put(kernel, "Alien")
    await kernel.branches.create("oms", SIDE, NamedRevision(branch="main"), ALICE)
    for branch in ("", SIDE):
        await put(kernel, "Brazil", branch=branch)
        head = await put(kernel, "Cube", branch=branch)
    await announce_all(kernel)
    everything = timedelta(0)
    assert (await kernel.store.collect("oms", Retention(everything, (("*", everything),)))).commits
    options = WriteOptions(branch=SIDE)
    with pytest.raises(Gone, match="history horizon"):
        await kernel.replays.revert("oms", NamedRevision(commit=head), Strategy.MANUAL, options, ALICE)
    with pytest.raises(InvalidInput, match="history horizon"):
        await kernel.merges.merge("oms", NamedRevision(branch="main"), Strategy.MANUAL, options, ALICE)
    with pytest.raises(InvalidInput, match="history horizon"):
        await kernel.replays.rebase("oms", NamedRevision(branch="main"), Strategy.MANUAL, options, ALICE)


async def test_a_page_of_a_state_that_was_collected_is_gone(kernel) -> None:
    await put(kernel, "Alien")
    await kernel.branches.create("oms", SIDE, NamedRevision(branch="main"), ALICE)
    await put(kernel, "Brazil", "Cube", branch=SIDE)
    query = ListQuery("oms", NamedRevision(branch=SIDE), count=1)
    listing = await kernel.reads.listing(query, ALICE)
    assert [len(batch) async for batch in listing.batches()] == [1]
    await kernel.branches.delete("oms", SIDE, ALICE)
    await announce_all(kernel)
    await collect(kernel, ADMIN)
    again = ListQuery("oms", NamedRevision(branch=SIDE), count=1, page_token=listing.next_page_token)
    with pytest.raises(Gone, match="page_token"):
        await kernel.reads.listing(again, ALICE)


def test_a_kernel_collects_by_itself(tmp_path) -> None:
    kernel = KernelProcess(tmp_path, GC_INTERVAL_S="0.05", GC_UNATTACHED_DAYS="0")
    kernel.start()
    try:
        until(lambda: kernel.output().count("event=collected ") > 1, "two collections")
    finally:
        kernel.kill()
