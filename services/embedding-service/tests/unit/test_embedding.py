"""Texts to vectors: checks, caches, one computation for all who ask."""

import asyncio

import numpy as np
import pytest
from embedding_testing.waiting import until

from embedding_service.application.recent import RecentVectors
from shared.errors import InvalidInput, NotFound, RateLimited, TooLarge


async def test_the_vectors_come_in_the_order_of_the_texts_and_twice_where_a_text_does(embedding, model):
    vectors = await embedding.embed(["b", "a", "b"])

    assert np.allclose(vectors, np.stack([model.vector(text) for text in "bab"]))
    assert model.embedded == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("texts", "error", "field"),
    [
        ([], InvalidInput, "texts"),
        (["a"] * 13, TooLarge, "texts"),
        (["a", " \n\t"], InvalidInput, "texts/1"),
        (["a", "\u2003"], InvalidInput, "texts/1"),
        (["a\ud800"], InvalidInput, "texts/0"),
        (["ü" * 101], TooLarge, "texts/0"),
    ],
)
async def test_bad_texts_are_named(embedding, model, texts, error, field):
    with pytest.raises(error) as caught:
        await embedding.embed(texts)

    assert caught.value.field == field
    assert model.batches == []


async def test_a_long_text_is_cut_or_refused(embedding, model):
    long = " ".join(f"w{n}" for n in range(17))
    assert len(await embedding.embed([long])) == 1

    with pytest.raises(TooLarge) as caught:
        await embedding.embed(["short", long], refuse_long=True)

    assert caught.value.field == "texts/1"
    assert len(await embedding.embed(["short"], refuse_long=True)) == 1
    assert await embedding.count_tokens([long, "a b"]) == 18


async def test_fewer_dimensions_are_the_first_numbers_scaled_to_length_one(embedding, model):
    (vector,) = await embedding.embed(["a"], dimensions=3)

    expected = model.vector("a")[:3]
    assert np.allclose(vector, expected / np.linalg.norm(expected))
    for bad in (-1, 9):
        with pytest.raises(InvalidInput):
            await embedding.embed(["a"], dimensions=bad)


@pytest.mark.parametrize("name", ["", "default", "fake", "fake@1"])
def test_a_model_is_known_by_its_names(embedding, name):
    assert embedding.resolve(name) is embedding.card
    with pytest.raises(NotFound):
        embedding.resolve("another")


async def test_runs_of_blanks_make_no_other_text(embedding, model):
    await embedding.embed(["a b", " a \n\t b "])
    assert model.embedded == {"a b": 1}


async def test_a_text_is_looked_up_in_memory_then_in_the_cache_then_computed(embedding, model, cache, meter):
    cache.vectors["kept"] = model.vector("other")

    (kept,) = await embedding.embed(["kept"])
    assert np.array_equal(kept, model.vector("other"))
    cache.vectors.clear()
    await embedding.embed(["kept", "new"])

    assert model.embedded == {"new": 1}
    assert list(cache.vectors) == ["new"]
    assert (meter.told["local hits"], meter.told["local misses"]) == (1, 2)


async def test_texts_in_flight_are_computed_once(embedding, model):
    model.gate.clear()
    asking = [asyncio.create_task(embedding.embed(["same", f"own{n}"])) for n in range(5)]
    await until(lambda: model.batches)
    model.gate.set()

    answers = await asyncio.gather(*asking)

    assert model.embedded["same"] == 1
    assert all(np.array_equal(vectors[0], model.vector("same")) for vectors in answers)
    assert embedding._flights == {}


async def test_who_gives_up_takes_nothing_from_those_who_wait_for_the_same(embedding, model):
    model.gate.clear()
    first = asyncio.create_task(embedding.embed(["same"]))
    await until(lambda: model.batches)
    second = asyncio.create_task(embedding.embed(["same"]))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.wait([first])
    model.gate.set()

    assert np.array_equal((await second)[0], model.vector("same"))
    assert model.embedded == {"same": 1}


async def test_a_text_given_up_by_all_is_computed_for_the_next_who_asks(embedding, model, batcher):
    model.gate.clear()
    busy = asyncio.create_task(embedding.embed(["busy"]))
    await until(lambda: model.batches)
    given_up = asyncio.create_task(embedding.embed(["same"]))
    await until(lambda: batcher.queued == 1)

    given_up.cancel()
    again = asyncio.create_task(embedding.embed(["same"]))
    await asyncio.wait([given_up])
    model.gate.set()

    assert np.array_equal((await again)[0], model.vector("same"))
    await busy
    assert model.embedded == {"busy": 1, "same": 1}


async def test_a_failure_is_not_remembered(embedding, model):
    model.fails_with = RateLimited("full")
    with pytest.raises(RateLimited):
        await embedding.embed(["a"])

    model.fails_with = None
    assert len(await embedding.embed(["a"])) == 1


def test_memory_keeps_what_was_asked_for_last():
    recent = RecentVectors(2)
    matrix = np.eye(3, dtype=np.float32)
    for row, text in enumerate("abc"):
        recent.put(text, matrix[row])
        recent.get("a")

    assert [text for text in "abc" if recent.get(text) is not None] == ["a", "c"]
    kept = recent.get("a")
    assert kept is not None
    assert kept.base is None
    empty = RecentVectors(0)
    empty.put("a", matrix[0])
    assert len(empty) == 0
