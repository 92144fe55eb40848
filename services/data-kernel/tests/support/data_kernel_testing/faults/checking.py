"""What must hold of a store after any fault: nothing acknowledged is lost, and nothing is half there."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from data_kernel_testing.faults.load import BRANCHES, DATABASE, Acknowledged, Write, found_parts, perform

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.application.ports import ScanQuery
from data_kernel.domain.commits import Commit, Cursor, RefUpdate
from data_kernel.domain.databases import State
from shared.errors import NotFound, OmsError

_ALL = 1_000_000


class Damage(AssertionError):
    """A store that lost something, or that has a part of something."""


def require(condition: bool, what: str) -> None:
    if not condition:
        raise Damage(what)


async def check_file(path: Path, acknowledged: Sequence[Acknowledged]) -> None:
    """Open the store, check everything in it and its file; `Damage` also where the store refuses or cannot read it."""
    try:
        store = await EmbeddedStore.open(path)
        try:
            await check_store(store, acknowledged)
            for last in acknowledged[-1:]:
                require(await perform(store, last.write) == last, "a repeated write is not answered as it was")
                require(await found_parts(store, last) == last.write.parts().keys(), "a value is not found")
        finally:
            await store.close()
    except OmsError as error:
        raise Damage(f"the store reports: {error.detail}") from error
    _verify(path)


def _verify(path: Path) -> None:
    """Every hash of the closed file."""
    fault = verify_file(path, lambda *_: None).fault
    require(fault is None, f"verify: {fault}")


async def check_store(store: EmbeddedStore, acknowledged: Sequence[Acknowledged]) -> None:
    """Everything that the load has written, as the store's API tells it."""
    announced = {
        (entry.update.branch, entry.update.number): entry.update for entry in await store.outbox.pending(limit=_ALL)
    }
    moves = 0
    for branch in BRANCHES:
        of_branch = [each for each in acknowledged if each.write.branch == branch]
        ref_log = await _ref_log(store, branch)
        moves += len(ref_log)
        require(all(announced.get((branch, each.number)) == each for each in ref_log), "a move has no outbox row")
        await _check_branch(store, branch, ref_log, of_branch)
    require(moves == len(announced), "the outbox has a row of a move that is not in the ref log")


async def _ref_log(store: EmbeddedStore, branch: str) -> list[RefUpdate]:
    try:
        ref_log = await store.ref_log(DATABASE, branch, Cursor(), limit=_ALL)
    except NotFound:  # the fault was before the database or the branch was there
        return []
    require([each.number for each in ref_log] == list(range(1, len(ref_log) + 1)), "the ref log has gaps")
    for earlier, later in itertools.pairwise(ref_log):
        require(later.old_head == earlier.new_head, "the ref log is no chain")
        require(later.time > earlier.time, "times do not increase")
    return ref_log


async def _check_branch(
    store: EmbeddedStore, branch: str, ref_log: list[RefUpdate], acknowledged: Sequence[Acknowledged]
) -> None:
    if not ref_log:
        require(not acknowledged, f"the branch {branch} is lost")
        return
    head = (await store.get_branch(DATABASE, branch)).head
    require(head == ref_log[-1].new_head, "the head is not the newest of the ref log")
    commits = (await store.log(DATABASE, State(head, branch), limit=_ALL))[::-1]
    require([commit.id for commit in commits] == [each.new_head for each in ref_log[1:]], "log and ref log disagree")
    names = {commit.id: commit.message for commit in commits}
    for each in acknowledged:
        require(names.get(each.commit) == each.write.name, f"an acknowledged commit is lost: {each.write.name}")
    await _check_contents(store, branch, commits)


async def _check_contents(store: EmbeddedStore, branch: str, commits: list[Commit]) -> None:
    expected: dict[str, bytes] = {}
    for commit in commits:
        write = Write.parse(commit.message)
        for document_id, body in write.effect().items():
            if body is None:
                expected.pop(document_id, None)
            else:
                expected[document_id] = body
        (counter,) = await store.get(DATABASE, State(commit.id, branch), [write.counter])
        require(counter is not None and counter.body == write.counter_body, "a commit has another one's state")
    state = State(commits[-1].id if commits else None, branch)
    found = {each.id: each.body async for batch in store.scan(DATABASE, state, ScanQuery()) for each in batch}
    require(found == expected, "the head has not exactly what its commits have written")
