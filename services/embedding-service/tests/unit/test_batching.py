"""The queue before the model: batches, turns, bounds, cancellation."""

import asyncio

import numpy as np
import pytest
from embedding_testing.waiting import until

from shared.errors import Internal, RateLimited, Unavailable


def words(count):
    return " ".join(f"w{number}" for number in range(count))


async def tokens(batcher, *texts):
    return await batcher.tokenize(texts)


async def test_each_text_gets_its_own_vector_whatever_the_order_of_lengths(batcher, model):
    texts = ["one two three four", "one", "one two", "x y z", "one two three four five six", "a"]

    vectors = await batcher.embed(await batcher.tokenize(texts))

    assert np.array_equal(vectors, np.stack([model.vector(text) for text in texts]))


async def test_no_texts_need_no_batch(batcher, model):
    assert (await batcher.embed([])).shape == (0, model.card.dims)
    assert model.batches == []


async def test_what_arrives_during_an_inference_shares_the_next_batch(batcher, model):
    model.gate.clear()
    first = asyncio.create_task(batcher.embed(await tokens(batcher, "first")))
    await until(lambda: model.batches)
    others = [asyncio.create_task(batcher.embed(await tokens(batcher, f"other{n}"))) for n in range(3)]
    await until(lambda: batcher.queued == 3)

    model.gate.set()
    await asyncio.gather(first, *others)

    assert [len(batch) for batch in model.batches] == [1, 3]


async def test_a_batch_is_bounded_by_texts_and_by_tokens_with_their_padding(batcher, model):
    await batcher.embed(await tokens(batcher, *(f"w{n}" for n in range(9))))
    assert [len(batch) for batch in model.batches] == [4, 4, 1]

    model.batches.clear()
    await batcher.embed(await tokens(batcher, words(12), words(11), words(1)))

    for batch in model.batches:
        assert len(batch) * max(len(text.ids) for text in batch) <= 32


async def test_one_text_goes_alone_however_long_it_is(batcher, model):
    long = await tokens(batcher, words(16))
    limited = batcher._limits.__class__(max_texts=4, max_tokens=3, max_queued=20)
    batcher._limits = limited

    assert len(await batcher.embed(long)) == 1


async def test_a_single_request_passes_between_the_pieces_of_a_large_one(batcher, model):
    model.gate.clear()
    large = asyncio.create_task(batcher.embed(await tokens(batcher, *(f"large{n}" for n in range(16)))))
    await until(lambda: model.batches)
    single = asyncio.create_task(batcher.embed(await tokens(batcher, "a single text of more words")))
    await until(lambda: batcher.queued == 13)

    model.gate.set()
    await asyncio.gather(single, large)

    # The batch that was computed when it came, then its own.
    assert [max(len(text.ids) for text in batch) for batch in model.batches] == [1, 6, 1, 1, 1]


async def test_large_requests_take_turns(batcher, model):
    model.gate.clear()
    first = asyncio.create_task(batcher.embed(await tokens(batcher, *(f"a{n} a a" for n in range(8)))))
    await until(lambda: model.batches)
    second = asyncio.create_task(batcher.embed(await tokens(batcher, *(f"b{n} b b b" for n in range(8)))))
    await until(lambda: batcher.queued == 12)

    model.gate.set()
    await asyncio.gather(first, second)

    assert [len(batch[0].ids) for batch in model.batches] == [3, 4, 3, 4]


async def test_a_full_queue_refuses_and_tells_when_to_come_again(batcher, model, meter):
    model.gate.clear()
    running = asyncio.create_task(batcher.embed(await tokens(batcher, "running")))
    await until(lambda: model.batches)
    waiting = asyncio.create_task(batcher.embed(await tokens(batcher, *(f"w{n}" for n in range(20)))))
    await until(lambda: batcher.queued == 20)

    with pytest.raises(RateLimited) as caught:
        await batcher.embed(await tokens(batcher, "one more"))

    assert caught.value.retry_after_s
    assert meter.told["refused"] == 1
    model.gate.set()
    await asyncio.gather(running, waiting)
    assert len(await batcher.embed(await tokens(batcher, "now"))) == 1


async def test_what_nobody_waits_for_is_not_computed(batcher, model):
    model.gate.clear()
    running = asyncio.create_task(batcher.embed(await tokens(batcher, "running")))
    await until(lambda: model.batches)
    given_up = asyncio.create_task(batcher.embed(await tokens(batcher, *(f"w{n}" for n in range(8)))))
    await until(lambda: batcher.queued == 8)

    given_up.cancel()
    await asyncio.wait([given_up])

    assert batcher.queued == 0
    model.gate.set()
    await running
    await batcher.embed(await tokens(batcher, "last"))
    assert sum(map(len, model.batches)) == 2


async def test_a_failure_is_told_to_those_whose_texts_were_in_the_batch_and_no_others(batcher, model):
    model.fails_with = ValueError("broken")
    with pytest.raises(ValueError, match="broken"):
        await batcher.embed(await tokens(batcher, *(f"w{n}" for n in range(6))))
    assert batcher.queued == 0

    model.fails_with = None
    assert len(await batcher.embed(await tokens(batcher, "well"))) == 1


async def test_a_vector_that_is_not_finite_is_an_error(batcher, model, monkeypatch):
    monkeypatch.setattr(model, "embed", lambda texts: np.full((len(texts), 8), np.nan, np.float32))

    with pytest.raises(Internal, match="finite"):
        await batcher.embed(await tokens(batcher, "a"))


async def test_those_who_wait_at_the_end_are_told(model, meter):
    from embedding_service.application.batching import Batcher, BatchLimits  # noqa: PLC0415 - one of its own

    batcher = Batcher(model, BatchLimits(), meter)
    running = asyncio.create_task(batcher.run())
    model.gate.clear()
    computed = asyncio.create_task(batcher.embed(batcher._model.tokenize(["computed"])))
    await until(lambda: model.batches)
    waiting = asyncio.create_task(batcher.embed(batcher._model.tokenize(["waiting"])))
    await until(lambda: batcher.queued == 1)

    running.cancel()
    model.gate.set()
    await asyncio.wait([running])

    with pytest.raises(Unavailable):
        await waiting
    with pytest.raises(Unavailable):
        await computed
