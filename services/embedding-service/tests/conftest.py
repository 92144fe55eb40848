"""Puts the service's test support on the path and gives the fixtures that several kinds of tests share."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "support"))

from embedding_testing.fakes import FakeCache, FakeMeter, FakeModel

from embedding_service.application.batching import Batcher, BatchLimits
from embedding_service.application.embedding import Embedding, TextLimits
from embedding_service.application.recent import RecentVectors
from shared.background import background


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def meter() -> FakeMeter:
    return FakeMeter()


@pytest.fixture
async def batcher(model: FakeModel, meter: FakeMeter) -> AsyncIterator[Batcher]:
    """Batches of at most 4 texts and 32 tokens; 20 texts may wait."""
    opened = Batcher(model, BatchLimits(max_texts=4, max_tokens=32, max_queued=20), meter)
    async with background("batching", opened.run()):
        yield opened
        model.gate.set()


@pytest.fixture
def cache() -> FakeCache:
    return FakeCache()


@pytest.fixture
def embedding(model: FakeModel, batcher: Batcher, cache: FakeCache, meter: FakeMeter) -> Embedding:
    """Takes at most 12 texts of 200 bytes a request."""
    return Embedding(
        card=model.card,
        batcher=batcher,
        cache=cache,
        recent=RecentVectors(100),
        meter=meter,
        limits=TextLimits(max_texts=12, max_text_bytes=200),
    )
