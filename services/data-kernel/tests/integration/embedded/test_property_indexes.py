"""How much is looked at to find documents by a value."""

from datetime import timedelta

import pytest

from data_kernel.application.ports import Plan, ValueQuery, WriteRequest
from data_kernel.domain.databases import Revision
from data_kernel.domain.documents import Change, Graph
from data_kernel.domain.retention import Retention

MANY = 3_000
QUERY = ValueQuery("Movie", "year", 1979)


def body(year):
    return b'{"year":%d}' % year


@pytest.fixture
async def write(store, attribution):
    async def write(changes, branch="main"):
        planned = tuple(Change(Graph.INSTANCE, each, "Movie", None, after) for each, after in changes.items())
        await store.write(WriteRequest("oms", branch, attribution, lambda _: Plan((), planned)))
        return await store.resolve("oms", Revision(branch=branch))

    return write


@pytest.fixture
async def state(write):
    return await write({f"Movie/{n:04}": body(1979 if n % 1000 == 0 else n) for n in range(MANY)})


@pytest.fixture
def looked_at(store, counters):
    """Finds, and tells how many documents it looked at."""

    async def find(state, query=QUERY):
        before = counters.rows_scanned_total
        found = [each.id async for batch in store.find("oms", state, query) for each in batch]
        return found, counters.rows_scanned_total - before

    return find


async def test_the_second_question_reads_what_it_finds(state, looked_at):
    found = ["Movie/0000", "Movie/1000", "Movie/1979", "Movie/2000"]
    assert await looked_at(state) == (found, MANY)
    assert await looked_at(state) == (found, len(found))
    assert await looked_at(state, ValueQuery("Movie", "year", 5)) == (["Movie/0005"], 1)


async def test_another_state_is_reached_by_its_difference(store, state, looked_at, write, attribution):
    await looked_at(state)
    await store.create_branch("oms", "copy", attribution, Revision(branch="main"))
    assert await looked_at(await store.resolve("oms", Revision(branch="copy"))) == (
        ["Movie/0000", "Movie/1000", "Movie/1979", "Movie/2000"],
        4,
    )
    changed = await write({"Movie/0000": body(1980), "Movie/1000": None, "Movie/9999": body(1979)}, "copy")
    assert await looked_at(changed) == (["Movie/1979", "Movie/2000", "Movie/9999"], 3)
    assert (await looked_at(state))[1] == 4


async def test_a_question_that_was_not_read_to_the_end_leaves_no_index(store, state, looked_at):
    reading = store.find("oms", state, QUERY)
    await anext(reading)
    await reading.aclose()
    assert (await looked_at(state))[1] == MANY


async def test_a_class_whose_ids_begin_otherwise_is_looked_at_as_a_whole(state, looked_at, write):
    odd = await write({"odd": body(1979)})
    for _ in range(2):
        found, looks = await looked_at(odd)
        assert found[-1] == "odd"
        assert looks == MANY + 1


async def test_an_index_of_a_commit_that_was_collected_is_made_anew(store, state, looked_at, write, attribution):
    await store.create_branch("oms", "passing", attribution, Revision(branch="main"))
    await looked_at(await write({"Movie/0000": None}, "passing"))
    await store.delete_branch("oms", "passing", attribution)
    while announced := await store.outbox.pending():
        await store.outbox.delivered([entry.sequence for entry in announced])
    assert (await store.collect("oms", Retention(unattached=timedelta(0)))).commits == 1
    assert (await looked_at(state))[1] == MANY
