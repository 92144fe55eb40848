"""What nothing names goes, and gives its bytes back; all else answers as before, and verification finds no fault."""

import random

import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.application.ports import DetachedRequest, MoveRequest, Plan, ScanQuery, WriteRequest
from data_kernel.domain.commits import RefCause
from data_kernel.domain.databases import Database, Revision, State, Tag
from data_kernel.domain.documents import Change, Graph
from shared.errors import NotFound

MONTH_US = 31 * 86_400_000_000


class Clock:
    """Stands still until it is set on."""

    def __init__(self) -> None:
        self.now_us = 1_800_000_000_000_000

    def __call__(self) -> int:
        return self.now_us


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(path, clock):
    opened = await EmbeddedStore.open(path, clock=clock)
    await opened.create_database(Database("oms"))
    yield opened
    await opened.close()


def replacing(documents: dict[str, bytes | None]):
    def plan(view) -> Plan:
        changes = []
        for each, after in documents.items():
            stored = view.get(Graph.INSTANCE, each)
            before = None if stored is None else stored.body
            if before != after:
                changes.append(Change(Graph.INSTANCE, each, each.partition("/")[0], before, after))
        return Plan(tuple(documents), tuple(changes))

    return plan


async def write(store, attribution, branch, documents) -> str:
    request = WriteRequest("oms", branch, attribution, replacing(documents), create_branch=True)
    return (await store.write(request)).commit


async def forget_outbox(store) -> None:
    while entries := await store.outbox.pending():
        await store.outbox.delivered([entry.sequence for entry in entries])


async def state_of(store, revision) -> dict[str, bytes]:
    state = await store.resolve("oms", revision)
    return {each.id: each.body async for batch in store.scan("oms", state, ScanQuery()) for each in batch}


def size_of(path) -> int:
    """Bytes of the file and its log."""
    return sum(each.stat().st_size for each in path.parent.iterdir())


def assert_sound(path) -> None:
    assert verify_file(path, lambda *_: None).fault is None


def many(word: bytes, first: int = 0, count: int = 500) -> dict[str, bytes | None]:
    return {f"Note/{number:05}": word * 50 + b"%d" % number for number in range(first, first + count)}


async def test_what_was_deleted_goes_and_gives_its_bytes_back(store, attribution, clock, path) -> None:
    kept = await write(store, attribution, "main", many(b"kept"))
    await store.create_branch("oms", "side", attribution, Revision(branch="main"))
    gone = await write(store, attribution, "side", many(b"gone"))
    await store.delete_branch("oms", "side", attribution)
    await forget_outbox(store)
    young = await store.collect_garbage()
    assert (young.commits, young.nodes, young.versions) == (0, 0, 0)

    clock.now_us += MONTH_US
    await write(store, attribution, "main", {"Note/00001": b"newer"})
    await forget_outbox(store)
    size = size_of(path)
    foretold = await store.collect_garbage(dry_run=True)
    assert await state_of(store, Revision(commit=gone)) == many(b"gone"), "a dry run takes nothing"
    assert await store.collect_garbage() == foretold
    assert (foretold.commits, foretold.versions) == (1, 500)
    assert foretold.size_bytes > 500 * 200
    with pytest.raises(NotFound):
        await store.resolve("oms", Revision(commit=gone))
    assert await state_of(store, Revision(commit=kept)) == many(b"kept")
    assert await state_of(store, Revision(branch="main")) == many(b"kept") | {"Note/00001": b"newer"}
    assert size_of(path) < size
    assert_sound(path)
    assert (await store.collect_garbage()).commits == 0


@pytest.mark.parametrize("name", ["tag", "outbox", "stream", "ref log", "branch"])
async def test_what_something_names_stays(store, attribution, clock, path, name: str) -> None:
    await write(store, attribution, "main", {"Note/1": b"1"})
    await store.create_branch("oms", "side", attribution, Revision(branch="main"))
    named = await write(store, attribution, "side", {"Note/1": b"2"})
    await forget_outbox(store)
    clock.now_us += MONTH_US
    if name == "tag":
        await store.set_tag(Tag("oms", "named", named))
    if name != "branch":
        if name == "ref log":
            await store.move_branch(MoveRequest("oms", "side", None, RefCause.RESET, attribution))
        else:
            clock.now_us -= MONTH_US
            await store.delete_branch("oms", "side", attribution)
            clock.now_us += MONTH_US
        if name != "outbox":
            await forget_outbox(store)
    stream = store.scan("oms", State(named, None), ScanQuery(limit=1))
    if name == "stream":
        assert [each.id for each in await anext(stream)] == ["Note/1"]
    await write(store, attribution, "main", {"Note/2": b"2"})
    assert (await store.collect_garbage()).commits == 0
    assert await state_of(store, Revision(commit=named)) == {"Note/1": b"2"}
    assert_sound(path)
    await stream.aclose()
    if name == "stream":
        assert (await store.collect_garbage()).commits == 1


async def test_a_state_read_through_what_goes_gets_roots_of_its_own(store, attribution, clock, path) -> None:
    """A squash: its commit has no parents, and its state was that of the commit that goes."""
    for number in range(10):
        head = await write(store, attribution, "main", {f"Note/{number}": b"%d" % number})
    before = await state_of(store, Revision(branch="main"))
    squashed = await store.write_detached(DetachedRequest("oms", "main", attribution, head, ()))
    await store.move_branch(MoveRequest("oms", "main", squashed, RefCause.RESET, attribution))
    await forget_outbox(store)
    clock.now_us += MONTH_US
    await write(store, attribution, "other", {"Note/1": b"1"})
    await forget_outbox(store)
    assert (await store.collect_garbage()).commits == 10
    assert await state_of(store, Revision(branch="main")) == before
    assert_sound(path)
    await write(store, attribution, "main", {"Note/10": b"10"})
    await store.close()
    reopened = await EmbeddedStore.open(path, clock=clock)
    assert await state_of(reopened, Revision(branch="main")) == before | {"Note/10": b"10"}
    assert_sound(path)
    await reopened.close()


@pytest.mark.parametrize("seed", range(6))
async def test_no_answer_changes_whatever_happened_before(store, attribution, clock, path, seed: int) -> None:
    """Branches come, move, are written to and go; what is named answers the same before and after each collection."""
    drawn = random.Random(seed)
    heads: list[str] = [await write(store, attribution, "main", many(b"0", count=40))]
    branches = ["main"]
    for step in range(150):
        branch = drawn.choice(branches)
        act = drawn.random()
        if act < 0.6:
            documents: dict[str, bytes | None] = {
                f"Note/{drawn.randrange(80):05}": drawn.choice([None, b"%d" % step])
                for _ in range(drawn.randint(1, 30))
            }
            heads.append(await write(store, attribution, branch, documents))
        elif act < 0.7:
            name = f"b{step}"
            await store.create_branch("oms", name, attribution, Revision(branch=branch))
            branches.append(name)
        elif act < 0.8 and branch != "main":
            await store.delete_branch("oms", branch, attribution)
            branches.remove(branch)
        elif act < 0.9:
            log = await store.log("oms", await store.resolve("oms", Revision(branch=branch)), limit=10)
            to = drawn.choice(log).id
            await store.move_branch(MoveRequest("oms", branch, to, RefCause.RESET, attribution))
        elif act < 0.93:
            await store.set_tag(Tag("oms", "tag", (await store.get_branch("oms", branch)).head))
        if drawn.random() < 0.1:
            clock.now_us += MONTH_US
            await forget_outbox(store)
        if drawn.random() < 0.15:
            named = {name: await state_of(store, Revision(branch=name)) for name in branches}
            await store.collect_garbage()
            assert {name: await state_of(store, Revision(branch=name)) for name in branches} == named
            assert_sound(path)
    assert len(heads) > 20
