"""What every index promises; exact ones are held to the exact answer, others to their recall."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_service.adapters.exact_index import ExactIndex
from embedding_service.domain.collections import Entry
from embedding_service.domain.vectors import unit

DIMS = 16
ANY = frozenset()


def entry(key, vector, kind="Movie"):
    return Entry("objects", key, kind, np.asarray(vector, np.float32), "m@1", "hash")


def vectors(count, seed=0):
    return unit(np.random.default_rng(seed).standard_normal((count, DIMS)).astype(np.float32))


@pytest.fixture(params=["exact"])
def index(request):
    with ThreadPoolExecutor(1) as executor:
        yield {"exact": ExactIndex}[request.param](DIMS, executor)


async def test_an_empty_index_finds_nothing(index):
    assert await index.search(vectors(1)[0], 10, ANY) == []


async def test_the_nearest_come_first_with_their_cosine(index):
    made = vectors(3000)
    await index.put([entry(f"e{row}", vector) for row, vector in enumerate(made)])
    query = vectors(1, seed=1)[0]

    hits = await index.search(query, 25, ANY)

    cosines = made @ query
    expected = [f"e{row}" for row in np.argsort(-cosines)[:25]]
    assert [hit.id for hit in hits] == expected
    assert [hit.score for hit in hits] == pytest.approx(sorted(cosines, reverse=True)[:25], abs=1e-6)


async def test_equally_near_ones_come_in_order_of_id(index):
    same = vectors(1)[0]
    await index.put([entry(key, same) for key in "dbeac"])

    assert [hit.id for hit in await index.search(same, 3, ANY)] == ["a", "b", "c"]


async def test_types_are_told_apart_before_the_nearest_are_chosen(index):
    made = vectors(200)
    await index.put([entry(f"e{row}", vector, f"T{row % 50}") for row, vector in enumerate(made)])

    hits = await index.search(made[0], 10, frozenset({"T7", "T8", "unknown"}))

    assert len(hits) == 8
    assert {hit.type for hit in hits} == {"T7", "T8"}
    assert await index.search(made[0], 10, frozenset({"unknown"})) == []


async def test_an_entry_is_replaced_with_its_type(index):
    first, second = vectors(2)
    await index.put([entry("a", first)])
    await index.put([entry("a", second, "Person")])

    (hit,) = await index.search(second, 10, ANY)
    assert (hit.type, hit.score) == ("Person", pytest.approx(1.0, abs=1e-6))
    assert await index.search(second, 10, frozenset({"Movie"})) == []


async def test_cleared_it_is_empty_and_takes_entries_again(index):
    made = vectors(2000)
    await index.put([entry(f"e{row}", vector) for row, vector in enumerate(made)])
    await index.clear()
    assert await index.search(made[0], 10, ANY) == []

    await index.put([entry("again", made[5])])
    assert [hit.id for hit in await index.search(made[5], 10, ANY)] == ["again"]


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from("pd"), st.integers(0, 30)), max_size=60))
@settings(max_examples=60)
def test_after_any_changes_it_holds_what_was_put_last(changes):
    import asyncio  # noqa: PLC0415 - hypothesis runs no coroutines

    asyncio.run(_changes(changes))


async def _changes(changes):
    made = vectors(31)
    with ThreadPoolExecutor(1) as executor:
        index = ExactIndex(DIMS, executor)
        expected = {}
        for key, what, row in changes:
            if what == "p":
                expected[str(key)] = made[row]
                await index.put([entry(str(key), made[row])])
            else:
                expected.pop(str(key), None)
                await index.delete([str(key)])
        query = made[0]
        hits = {hit.id: hit.score for hit in await index.search(query, 100, ANY)}
        assert hits == {key: pytest.approx(float(vector @ query), abs=1e-6) for key, vector in expected.items()}
