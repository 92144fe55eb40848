"""The same clock, random source and operations make the same commits; the same documents make the same tree."""

import asyncio
import itertools
from random import Random

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.commits import ancestry
from data_kernel.adapters.embedded.encoding import commit_records
from data_kernel.adapters.embedded.refs import revisions
from data_kernel.application.ports import DetachedRequest, MoveRequest, Plan, WriteRequest
from data_kernel.domain.commits import RefCause
from data_kernel.domain.databases import Database, Revision, State
from data_kernel.domain.documents import Change, Graph

NOON_US = 1_800_000_000_000_000


async def opened(path, seed=7):
    store = await EmbeddedStore.open(path, clock=itertools.count(NOON_US, 1000).__next__, random=Random(seed).randbytes)
    await store.create_database(Database("oms"))
    return store


def planning(documents):
    def plan(view):
        changes = []
        for document_id, after in documents.items():
            stored = view.get(Graph.INSTANCE, document_id)
            before = None if stored is None else stored.body
            if before != after:
                changes.append(Change(Graph.INSTANCE, document_id, "Movie", before, after))
        return Plan((), tuple(changes))

    return plan


async def replay(store, seed, attribution):
    """Operations drawn by the seed; the commits that they made, in order."""
    chance, commits, branches = Random(seed), [], ["main"]

    def documents():
        return {f"Movie/{chance.randrange(40)}": chance.choice([None, b"1", b"2", b"3"]) for _ in range(4)}

    for step in range(250):
        branch, choice = chance.choice(branches), chance.random()
        if choice < 0.8:
            request = WriteRequest("oms", branch, attribution, planning(documents()), create_branch=True)
            commits.append((await store.write(request)).commit)
        elif choice < 0.85:
            branches.append(f"branch-{step}")
            await store.create_branch("oms", branches[-1], attribution, Revision(commit=chance.choice(commits)))
        elif choice < 0.9:
            await store.move_branch(MoveRequest("oms", branch, chance.choice(commits), RefCause.RESET, attribution))
        else:
            base, other = chance.choice(commits), chance.choice(commits)
            request = DetachedRequest("oms", branch, attribution, base, (base, other), planning(documents()))
            commits.append(await store.write_detached(request))
    return commits


async def test_a_history_replayed_gives_the_same_commit_ids(tmp_path, attribution, check_sound):
    made = []
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        store = await opened(tmp_path / name, seed)
        made.append(await replay(store, 1, attribution))
        await store.close()
        check_sound(tmp_path / name)
    assert made[0] == made[1]
    assert len(set(made[0])) > 200
    assert made[2][0] != made[0][0]  # other document keys, so that nobody can guess a document by its digest


async def root_of(store, commit):
    def read(access):
        row = ancestry.row_at(access, revisions.locate(access, "oms", State(commit, None)))
        return commit_records.decode(row.record).instance_root

    return await store._readers.read(read)


def write_in_some_order(wanted, way, attribution):
    """Writes that end with the wanted documents, after others were there and some were otherwise."""
    chance = Random(way)
    steps = list(wanted.items()) + [(f"Movie/gone-{n}", b"0") for n in range(100)]
    chance.shuffle(steps)
    steps += [(key, b"9") for key in list(wanted)[::3]] + [(f"Movie/gone-{n}", None) for n in range(100)]
    steps += list(wanted.items())[::3]
    size = [1, 7, 90, 3][way]
    for at in range(0, len(steps), size):
        planner = planning(dict(steps[at : at + size]))
        yield WriteRequest("oms", f"way-{way}", attribution, planner, create_branch=True)


async def test_the_same_documents_make_the_same_tree_in_any_order_of_writes(tmp_path, attribution):
    store = await opened(tmp_path / "store")
    wanted = {f"Movie/{n}": b"%d" % (n % 5) for n in range(300)}
    ways = [list(write_in_some_order(wanted, way, attribution)) for way in range(4)]
    # One request of each way after another, so that a group has the same new documents on several branches.
    turns = [request for turn in itertools.zip_longest(*ways) for request in turn if request is not None]
    await asyncio.gather(*(store.write(request) for request in turns))
    roots = set()
    for way in range(4):
        head = await store.resolve("oms", Revision(branch=f"way-{way}"))
        documents = await store.get("oms", head, list(wanted))
        assert [document.body for document in documents] == list(wanted.values())
        roots.add(await root_of(store, head.commit))
    await store.close()
    assert len(roots) == 1
