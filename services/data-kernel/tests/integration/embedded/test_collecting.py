"""What nothing needs goes, with its bytes; what somebody can still ask for stays as it was."""

import random
from datetime import timedelta

import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.collecting import cutting, sweeping
from data_kernel.adapters.embedded.commits import commit_index
from data_kernel.adapters.embedded.commits.commits import MAX_DISTANCE
from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.application.ports import DetachedRequest, MoveRequest, Plan, ScanQuery, WriteRequest
from data_kernel.domain.commits import Attribution, RefCause
from data_kernel.domain.databases import Database, Revision, State, Tag
from data_kernel.domain.documents import Change, Graph
from data_kernel.domain.retention import Retention
from shared.errors import NotFound

AT_ONCE = Retention(unattached=timedelta(0))
A_MONTH = Retention(timedelta(days=30), (("*/scheduler/*", timedelta(days=7)),))
DAY_US = 24 * 3600 * 1_000_000


class Clock:
    """Stands still until it is moved; times grow by a microsecond a change all the same."""

    def __init__(self) -> None:
        self.now_us = 1_700_000_000_000_000

    def __call__(self) -> int:
        return self.now_us


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(path, clock, attribution):
    opened = await EmbeddedStore.open(path, clock=clock)
    await opened.create_database(Database("oms"))
    await opened.create_branch("oms", "main", attribution)
    yield opened
    await opened.close()


def putting(documents: dict[str, bytes]):
    def plan(view) -> Plan:
        changes = []
        for document_id, body in sorted(documents.items()):
            stored = view.get(Graph.INSTANCE, document_id)
            changes.append(Change(Graph.INSTANCE, document_id, "Movie", stored and stored.body, body))
        return Plan(tuple(documents), tuple(changes))

    return plan


async def write(store, attribution, documents: dict[str, bytes], branch: str = "main") -> str:
    outcome = await store.write(WriteRequest("oms", branch, attribution, putting(documents), create_branch=True))
    return outcome.commit


async def announce_all(store) -> None:
    while entries := await store.outbox.pending():
        await store.outbox.delivered([entry.sequence for entry in entries])


async def documents_of(store, commit: str | None) -> dict[str, bytes]:
    batches = store.scan("oms", State(commit, None), ScanQuery())
    return {each.id: each.body async for batch in batches for each in batch}


def assert_holds(path) -> None:
    report = verify_file(path, lambda *_: None)
    assert report.fault is None, str(report.fault)


async def lose(store, attribution, count: int = 200) -> str:
    """A branch with documents of its own that is deleted again; its last commit."""
    for number in range(5):
        last = await write(
            store, attribution, {f"Movie/{i}": b"%d" % number * 500 for i in range(number, count)}, "lost"
        )
    await store.delete_branch("oms", "lost", attribution)
    await announce_all(store)
    return last


async def test_what_no_branch_has_goes_with_its_bytes(store, path, clock, attribution) -> None:
    kept = await write(store, attribution, {"Movie/1": b"kept"})
    lost = await lose(store, attribution)
    clock.now_us += DAY_US
    expected = await store.collect("oms", AT_ONCE, dry_run=True)
    assert await documents_of(store, lost), "a dry run takes nothing"
    store._session.connection.pragma("wal_checkpoint", "TRUNCATE")
    size = path.stat().st_size
    collected = await store.collect("oms", AT_ONCE)
    assert collected == expected
    assert collected.commits == 5
    assert collected.versions == 5 * 200 - 10
    assert collected.nodes > 0
    assert collected.size_bytes > 5 * 190 * 500
    with pytest.raises(NotFound):
        await documents_of(store, lost)
    assert await documents_of(store, kept) == {"Movie/1": b"kept"}
    assert_holds(path)
    again = await store.collect("oms", AT_ONCE)
    assert (again.commits, again.nodes, again.versions, again.size_bytes) == (0, 0, 0, 0)
    await store.close()
    assert path.stat().st_size <= size - collected.size_bytes // 2


async def test_what_is_young_or_unannounced_or_tagged_stays(store, path, clock, attribution) -> None:
    await write(store, attribution, {"Movie/1": b"kept"})
    lost = await lose(store, attribution)
    assert (await store.collect("oms", A_MONTH)).commits == 0, "younger than a month"
    clock.now_us += 31 * DAY_US
    await store.set_tag(Tag("oms", "released", lost))
    assert (await store.collect("oms", A_MONTH)).commits == 0, "tagged"
    await store.delete_tag("oms", "released")
    await write(store, attribution, {"Movie/2": b"2"}, "unannounced")
    await store.delete_branch("oms", "unannounced", attribution)
    clock.now_us += 31 * DAY_US
    assert (await store.collect("oms", A_MONTH)).commits == 5, "not the one that is still to be announced"
    await announce_all(store)
    assert (await store.collect("oms", A_MONTH)).commits == 1
    assert_holds(path)


async def test_what_is_being_read_stays_to_the_end(store, path, clock, attribution) -> None:
    lost = await lose(store, attribution, 3_000)
    clock.now_us += DAY_US
    batches = store.scan("oms", State(lost, None), ScanQuery())
    count = len(await anext(batches))
    await store.collect("oms", AT_ONCE)
    async for batch in batches:
        count += len(batch)
    assert count == 3_000
    await store.collect("oms", AT_ONCE)
    with pytest.raises(NotFound):
        await documents_of(store, lost)
    assert_holds(path)


async def test_what_comes_back_into_use_meanwhile_stays(store, path, clock, attribution, monkeypatch) -> None:
    lost = await lose(store, attribution)
    expected = await documents_of(store, lost)
    clock.now_us += DAY_US
    take = store._collector._take_commits

    async def branch_first(found):
        await store.create_branch("oms", "back", attribution, Revision(commit=lost))
        return await take(found)

    monkeypatch.setattr(store._collector, "_take_commits", branch_first)
    collected = await store.collect("oms", AT_ONCE)
    assert (collected.commits, collected.versions) == (0, 0)
    assert await documents_of(store, lost) == expected
    assert_holds(path)


async def test_a_branch_with_a_horizon_keeps_its_newest(store, path, clock, attribution) -> None:
    commits = []
    for number in range(200):
        clock.now_us += DAY_US // 10
        commits.append(await write(store, attribution, {f"Movie/{number % 30}": b"%d" % number}, "dev/scheduler/main"))
    await announce_all(store)
    expected = await documents_of(store, commits[-1])
    oldest = 200 - 70
    collected = await store.collect("oms", A_MONTH)
    assert collected.commits == pytest.approx(oldest, abs=2)
    state = State(commits[-1], None)
    log = [commit.id for commit in await store.log("oms", state, limit=1000)]
    assert log == commits[: collected.commits - 1 : -1], "the log ends at the horizon"
    assert await documents_of(store, commits[-1]) == expected
    history = await store.history("oms", state, "Movie/7", limit=1000)
    assert {entry.commit.id for entry in history} == {
        commits[n] for n in range(collected.commits + 1, 200) if n % 30 == 7
    }
    assert await store.merge_bases("oms", log[0], log[-1]) == [log[-1]]
    with pytest.raises(NotFound):
        await documents_of(store, commits[0])
    report = verify_file(path, lambda *_: None)
    assert (report.fault, report.counts.cut) == (None, 1)
    later = await write(store, attribution, {"Movie/7": b"later"}, "dev/scheduler/main")
    assert await documents_of(store, later) == {**expected, "Movie/7": b"later"}


async def test_positions_of_what_went_are_not_given_again(path, clock, attribution) -> None:
    store = await EmbeddedStore.open(path, clock=clock)
    await store.create_database(Database("oms"))
    await write(store, attribution, {"Movie/1": b"1"})
    await lose(store, attribution)
    await store.close()
    clock.now_us += DAY_US
    store = await EmbeddedStore.open(path, clock=clock)
    before = store._session.connection.execute("SELECT max(position) FROM body").get
    await store.collect("oms", AT_ONCE)
    await write(store, attribution, {"Movie/2": b"2"})
    await store.close()
    store = await EmbeddedStore.open(path, clock=clock)
    assert store._session.connection.execute("SELECT max(position) FROM body").get > before
    await store.close()
    assert_holds(path)


async def test_a_state_in_memory_is_not_made_of_what_went(store, path, clock, attribution) -> None:
    """It shares nodes with the state that was stored after it, and has them where that one has them."""
    many = {f"Movie/{n}": b"%d" % n for n in range(4_000)}
    await write(store, attribution, many)
    kept = await write(store, attribution, {"Movie/0": b"kept"})
    for number in range(MAX_DISTANCE):
        await write(store, attribution, {"Movie/999": b"%d" % number})  # far from the other one in the tree
    await store.move_branch(MoveRequest("oms", "main", kept, RefCause.RESET, attribution))
    await announce_all(store)
    clock.now_us += DAY_US
    assert (await store.collect("oms", AT_ONCE)).nodes > 0
    store._session.access.memory.nodes._kept.clear()
    assert await documents_of(store, kept) == many | {"Movie/0": b"kept"}
    assert_holds(path)


async def test_the_index_of_commits_never_gets_those_that_went(store, path, clock, attribution, monkeypatch) -> None:
    monkeypatch.setattr(commit_index, "BATCH", 12)
    await write(store, attribution, {"Movie/1": b"kept"})
    await lose(store, attribution)
    clock.now_us += DAY_US
    assert (await store.collect("oms", AT_ONCE)).commits == 5
    for number in range(2 * commit_index.BATCH):
        await write(store, attribution, {"Movie/1": b"%d" % number})
    assert store._session.connection.execute("SELECT count(*) FROM commit_index").get >= commit_index.BATCH
    assert_holds(path)


async def test_keys_of_documents_that_are_nowhere_any_more_go(store, path, clock, attribution) -> None:
    await write(store, attribution, {"Movie/1": b"kept"})
    await lose(store, attribution, 20)
    clock.now_us += DAY_US
    ids = "SELECT id FROM document_key ORDER BY id"
    assert len(store._session.connection.execute(ids).fetchall()) == 20
    await store.collect("oms", AT_ONCE)
    assert store._session.connection.execute(ids).fetchall() == [("Movie/1",)]
    again = await write(store, attribution, {"Movie/1": b"1", "Movie/2": b"2"})
    assert await documents_of(store, again) == {"Movie/1": b"1", "Movie/2": b"2"}
    assert_holds(path)


class Play:
    """Random changes, and what each commit that a branch has must hold."""

    def __init__(self, store: EmbeddedStore, attribution: Attribution, seed: int) -> None:
        self.store = store
        self.attribution = attribution
        self.draw = random.Random(seed)
        self.heads: dict[str, str] = {}
        self.model: dict[str | None, dict[str, bytes]] = {None: {}}

    async def step(self) -> None:
        branch = f"{self.draw.choice('abc')}/x/main"
        is_there = branch in self.heads
        possible = [self.write] * 5 + ([self.detach, self.reset, self.delete] if is_there else [])
        possible += [self.branch] if self.heads and not is_there else []
        await self.draw.choice(possible)(branch)

    def some_head(self) -> str:
        return self.draw.choice(sorted(self.heads.values()))

    async def write(self, branch: str) -> None:
        count = self.draw.choice([1, 3, 80])
        documents = {f"Movie/{self.draw.randrange(60)}": b"%d" % self.draw.randrange(5) for _ in range(count)}
        before = self.model[self.heads.get(branch)]
        self.heads[branch] = await write(self.store, self.attribution, documents, branch)
        self.model[self.heads[branch]] = {**before, **documents}

    async def branch(self, branch: str) -> None:
        self.heads[branch] = self.some_head()
        await self.store.create_branch("oms", branch, self.attribution, Revision(commit=self.heads[branch]))

    async def delete(self, branch: str) -> None:
        await self.store.delete_branch("oms", branch, self.attribution)
        del self.heads[branch]

    async def detach(self, branch: str) -> str:
        base, documents = self.some_head(), {"Movie/1": b"%d" % self.draw.randrange(10**6)}
        request = DetachedRequest("oms", branch, self.attribution, base, (), putting(documents))
        commit = await self.store.write_detached(request)
        self.model[commit] = {**self.model[base], **documents}
        return commit

    async def reset(self, branch: str) -> None:
        self.heads[branch] = await self.detach(branch)
        request = MoveRequest("oms", branch, self.heads[branch], RefCause.RESET, self.attribution)
        await self.store.move_branch(request)


@pytest.mark.parametrize("seed", range(4))
async def test_collections_between_changes_alter_no_answer(store, path, clock, attribution, seed, monkeypatch) -> None:
    monkeypatch.setattr(cutting, "SLICE_S", 0.0005)
    monkeypatch.setattr(sweeping, "SLICE_S", 0.0005)
    play = Play(store, attribution, seed)
    collected = 0
    for step in range(150):
        clock.now_us += play.draw.randrange(DAY_US)
        await play.step()
        if not step % 15:
            await announce_all(store)
        if not step % 10:
            unattached = timedelta(days=play.draw.choice([0, 3]))
            done = await store.collect("oms", Retention(unattached, (("a/*", timedelta(days=5)),)))
            collected += done.commits
            assert_holds(path)
        for commit in play.heads.values():
            assert await documents_of(store, commit) == play.model[commit]
    assert collected > 5
