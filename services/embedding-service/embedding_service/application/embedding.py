"""Texts to vectors: checked, looked up, computed once however many ask at the same time."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedding_service.application.batching import Batcher
from embedding_service.application.metrics import Meter
from embedding_service.application.ports import ModelCard, VectorCache
from embedding_service.application.recent import RecentVectors
from embedding_service.domain.vectors import Matrix, Vector, shortened
from shared.errors import InvalidInput, NotFound, TooLarge

DEFAULT_MODEL = "default"
_BLANKS = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class TextLimits:
    """`max_texts` of one request, `max_text_bytes` of each of them (UTF-8)."""

    max_texts: int = 2048
    max_text_bytes: int = 256 * 1024


@dataclass(eq=False, slots=True)
class _Flight:
    """One computation that several requests may wait for."""

    texts: Sequence[str]
    task: "asyncio.Task[dict[str, Vector]]"
    waiting: int = 0


class Embedding:
    """The use case; one for the one model that is served."""

    def __init__(
        self,
        *,
        card: ModelCard,
        batcher: Batcher,
        cache: VectorCache,
        recent: RecentVectors,
        meter: Meter,
        limits: TextLimits,
    ) -> None:
        self.card = card
        self._batcher = batcher
        self._cache = cache
        self._recent = recent
        self._meter = meter
        self._limits = limits
        self._flights: dict[str, _Flight] = {}

    def resolve(self, model: str) -> ModelCard:
        """The model of that name, version or alias; empty is the default. NotFound."""
        if model in {"", DEFAULT_MODEL, self.card.name, self.card.version}:
            return self.card
        raise NotFound(f"model: the model served is {self.card.name}", field="model")

    async def embed(self, texts: Sequence[str], *, dimensions: int = 0, refuse_long: bool = False) -> Matrix:
        """One vector of length 1 a text, in their order.

        Of a text the model reads the first `max_tokens` tokens; `refuse_long` makes a longer one TooLarge. InvalidInput
        for a blank text and bad `dimensions`, TooLarge for too many or too long ones, RateLimited where the queue is
        full.
        """
        keys = self._checked(texts)
        if refuse_long:
            await self._refuse_long(keys)
        vectors = await self._vectors(list(dict.fromkeys(keys)))
        return shortened(np.stack([vectors[key] for key in keys]), dimensions)

    async def count_tokens(self, texts: Sequence[str]) -> int:
        """How many tokens of these texts the model reads."""
        return sum(len(text.ids) for text in await self._batcher.tokenize(self._checked(texts)))

    def _checked(self, texts: Sequence[str]) -> list[str]:
        limits = self._limits
        if not texts:
            raise InvalidInput("texts: at least one", field="texts")
        if len(texts) > limits.max_texts:
            raise TooLarge(f"texts: {len(texts)}, the limit is {limits.max_texts}", field="texts")
        return [self._normal(text, place) for place, text in enumerate(texts)]

    def _normal(self, text: str, place: int) -> str:
        """The text with every run of blanks as one: the tokens are the same."""
        field = f"texts/{place}"
        try:
            size_bytes = len(text.encode())
        except UnicodeEncodeError:
            raise InvalidInput(f"{field}: a lone surrogate is no text", field=field) from None
        if size_bytes > self._limits.max_text_bytes:
            raise TooLarge(f"{field}: {size_bytes} bytes, the limit is {self._limits.max_text_bytes}", field=field)
        normal = _BLANKS.sub(" ", text).strip()
        if not normal or normal.isspace():
            raise InvalidInput(f"{field}: it is blank", field=field)
        return normal

    async def _refuse_long(self, texts: Sequence[str]) -> None:
        for place, tokens in enumerate(await self._batcher.tokenize(texts)):
            if tokens.is_cut:
                field = f"texts/{place}"
                raise TooLarge(f"{field}: more than {self.card.max_tokens} tokens", field=field)

    async def _vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        found = {text: vector for text in texts if (vector := self._recent.get(text)) is not None}
        self._meter.looked_up("local", len(found), len(texts) - len(found))
        if len(found) == len(texts):
            return found
        missing = [text for text in texts if text not in found]
        for vectors in await asyncio.gather(*map(self._wait, self._board(missing))):
            found |= vectors
        return found

    def _board(self, texts: Sequence[str]) -> list[_Flight]:
        """The computations that bring these texts' vectors, a new one among them for those that none does yet."""
        flights = {id(flight): flight for text in texts if (flight := self._flights.get(text))}
        new = [text for text in texts if text not in self._flights]
        self._meter.looked_up("in_flight", len(texts) - len(new), len(new))
        if new:
            started = _Flight(new, asyncio.create_task(self._compute(new)))
            self._flights |= dict.fromkeys(new, started)
            started.task.add_done_callback(lambda _: self._land(started))
            flights[id(started)] = started
        for flight in flights.values():
            flight.waiting += 1
        return list(flights.values())

    async def _wait(self, flight: _Flight) -> dict[str, Vector]:
        """The flight's vectors; a computation for which nobody waits any more is given up."""
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._land(flight)  # at once, so that nobody boards what will not arrive
                flight.task.cancel()

    def _land(self, flight: _Flight) -> None:
        for text in flight.texts:
            if self._flights.get(text) is flight:
                del self._flights[text]

    async def _compute(self, texts: Sequence[str]) -> dict[str, Vector]:
        found = await self._cache.get(texts)
        missing = [text for text in texts if text not in found]
        if missing:
            made = await self._batcher.embed(await self._batcher.tokenize(missing))
            new = dict(zip(missing, made, strict=True))
            self._cache.put(new)
            found |= new
        for text, vector in found.items():
            self._recent.put(text, vector)
        return found
