"""A store with much that nothing needs between what somebody does, and what must be left of it."""

from datetime import timedelta
from pathlib import Path
from random import Random

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.ports import MoveRequest, Plan, Planner, ScanQuery, WriteRequest, WriterView
from data_kernel.domain.commits import Attribution, RefCause
from data_kernel.domain.databases import Database, Revision, State
from data_kernel.domain.documents import Change, Graph
from data_kernel.domain.retention import Retention

DATABASE = "oms"
MAIN, FOLLOWER, LOST = "dev/oms/main", "dev/scheduler/main", "dev/oms/lost"
RETENTION = Retention(timedelta(0), (("*/scheduler/*", timedelta(0)),))
"""Nothing is kept for its age, and the follower's branch keeps its head alone."""
_ALICE = Attribution("alice@oms", "alice@oms", "a message", "POST", "/parts", "oms")
_COMMITS, _DOCUMENTS = 90, 40
_EVERY_BRANCH = 12

Truth = dict[str, dict[str, bytes]]
"""The documents of each commit that stays."""


async def make(path: Path, random: Random) -> Truth:
    """Make the store; every commit of it is announced."""
    store = await EmbeddedStore.open(path)
    await store.create_database(Database(DATABASE))
    for number in range(_COMMITS):
        for branch in (MAIN, FOLLOWER):
            await _write(store, branch, random)
        if number % _EVERY_BRANCH == 0:
            await _lose(store, random)
    kept = [commit.id for commit in await store.log(DATABASE, await _head(store, MAIN), limit=_COMMITS)][
        _COMMITS // 2 :
    ]
    await store.move_branch(MoveRequest(DATABASE, MAIN, kept[0], RefCause.RESET, _ALICE))
    while entries := await store.outbox.pending():
        await store.outbox.delivered([entry.sequence for entry in entries])
    kept += [str((await _head(store, FOLLOWER)).commit)]
    truth = {commit: await _documents(store, commit) for commit in kept}
    await store.close()
    return truth


async def found(store: EmbeddedStore, truth: Truth) -> Truth:
    """What the store has of those commits."""
    return {commit: await _documents(store, commit) for commit in truth}


async def _lose(store: EmbeddedStore, random: Random) -> None:
    """A branch of its own commits that is deleted again."""
    await store.create_branch(DATABASE, LOST, _ALICE, Revision(branch=MAIN))
    for _ in range(5):
        await _write(store, LOST, random)
    await store.delete_branch(DATABASE, LOST, _ALICE)


async def _write(store: EmbeddedStore, branch: str, random: Random) -> None:
    documents = {f"Part/{random.randrange(_DOCUMENTS)}": random.randbytes(random.randrange(1, 400)) for _ in range(3)}
    await store.write(WriteRequest(DATABASE, branch, _ALICE, _putting(documents), create_branch=True))


def _putting(documents: dict[str, bytes]) -> Planner:
    def plan(view: WriterView) -> Plan:
        before = {each: view.get(Graph.INSTANCE, each) for each in documents}
        changes = [
            Change(Graph.INSTANCE, each, "Part", stored and stored.body, documents[each])
            for each, stored in before.items()
        ]
        return Plan((), tuple(changes))

    return plan


async def _head(store: EmbeddedStore, branch: str) -> State:
    return State((await store.get_branch(DATABASE, branch)).head, branch)


async def _documents(store: EmbeddedStore, commit: str) -> dict[str, bytes]:
    batches = store.scan(DATABASE, State(commit, None), ScanQuery())
    return {each.id: each.body async for batch in batches for each in batch}
