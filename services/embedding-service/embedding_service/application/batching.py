"""The queue before the model: requests share batches, take turns, and are dropped when nobody waits for them."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from embedding_service.application.metrics import Meter
from embedding_service.application.ports import EmbeddingModel, TokenizedText
from embedding_service.domain.vectors import Matrix
from shared.errors import Internal, RateLimited, Unavailable

_RETRY_AFTER_S = 1.0
_QUICK_CHARS = 1000
"""Of so many characters tokens are made in 0.1 ms, less than a change of threads takes under load."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """`max_texts` and `max_tokens` (padding included) bound one batch, `max_queued` the texts that wait."""

    max_texts: int = 32
    max_tokens: int = 2048
    max_queued: int = 8192


@dataclass(eq=False, slots=True)
class _Job:
    """One request: its texts in order of length, and the places that their vectors have in the answer."""

    texts: deque[tuple[int, TokenizedText]]
    answer: Matrix
    missing: int
    done: "asyncio.Future[None]"
    since: float = field(default_factory=time.monotonic)


_Batch = list[tuple[_Job, int, TokenizedText]]


class Batcher:
    """Runs the model for all requests, one batch after another, in a thread of its own.

    What arrives while a batch is computed shares the next one, so a busy model fills its batches and an idle one keeps
    nobody waiting. Each batch begins with the request whose turn it is and takes from the others texts that need no
    more padding; a request with texts left goes behind those that have come. So a large one is cut in pieces between
    which others pass.
    """

    def __init__(self, model: EmbeddingModel, limits: BatchLimits, meter: Meter) -> None:
        self._model = model
        self._limits = limits
        self._meter = meter
        self._jobs: deque[_Job] = deque()
        self._served: _Job | None = None
        """The one whose turn it was last; with texts left it goes behind all that came in the meantime."""
        self._queued = 0
        self._arrived = asyncio.Event()
        # Two, so that making tokens waits for no inference.
        self._inference = ThreadPoolExecutor(1, thread_name_prefix="inference")
        self._tokenizing = ThreadPoolExecutor(1, thread_name_prefix="tokenizing")

    @property
    def queued(self) -> int:
        """Texts that wait for a batch."""
        return self._queued

    async def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """The tokens of each text."""
        if sum(map(len, texts)) <= _QUICK_CHARS:
            return self._model.tokenize(texts)
        return await asyncio.get_running_loop().run_in_executor(self._tokenizing, self._model.tokenize, texts)

    async def embed(self, texts: Sequence[TokenizedText]) -> Matrix:
        """One vector a text. RateLimited where the queue is full; cancelled, what is not computed yet never is."""
        if self._queued + len(texts) > self._limits.max_queued:
            self._meter.refused()
            raise RateLimited(
                f"{self._queued} texts wait, the limit is {self._limits.max_queued}", retry_after_s=_RETRY_AFTER_S
            )
        job = self._enqueue(texts)
        try:
            await job.done
        finally:
            self._drop(job)
        return job.answer

    async def run(self) -> None:
        """Compute batches until cancelled; then those that wait are told."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while batch := self._next_batch():
                    await self._compute(batch)
        finally:
            for job in (*self._jobs, *([self._served] if self._served else [])):
                if not job.done.done():
                    job.done.set_exception(_stopping())
            self._inference.shutdown(wait=False, cancel_futures=True)
            self._tokenizing.shutdown(wait=False, cancel_futures=True)

    def _enqueue(self, texts: Sequence[TokenizedText]) -> _Job:
        by_length = sorted(enumerate(texts), key=lambda each: len(each[1].ids))
        answer = np.empty((len(texts), self._model.card.dims), np.float32)
        job = _Job(deque(by_length), answer, len(texts), asyncio.get_running_loop().create_future())
        if texts:
            self._jobs.append(job)
            self._queued += len(texts)
            self._arrived.set()
        else:
            job.done.set_result(None)
        return job

    def _drop(self, job: _Job) -> None:
        """Forget what is left of a request; nothing is, where it was answered."""
        if job.texts:
            self._queued -= len(job.texts)
            job.texts.clear()
            if job is self._served:
                self._served = None
            else:
                self._jobs.remove(job)

    def _next_batch(self) -> _Batch:
        if self._served is not None:
            self._jobs.append(self._served)
            self._served = None
        if not self._jobs:
            return []
        batch: _Batch = []
        first = self._jobs.popleft()
        # The first sets the batch's length by its own texts; the others fill it up.
        longest = self._take(batch, first, 0, may_lengthen=True)
        for job in self._jobs:
            self._take(batch, job, longest, may_lengthen=False)
        self._jobs = deque(job for job in self._jobs if job.texts)
        self._served = first if first.texts else None
        self._queued -= len(batch)
        return batch

    def _take(self, batch: _Batch, job: _Job, longest: int, *, may_lengthen: bool) -> int:
        limits = self._limits
        while job.texts and len(batch) < limits.max_texts:
            place, text = job.texts[0]
            length = max(longest, len(text.ids))
            if batch and (length * (len(batch) + 1) > limits.max_tokens or (length > longest and not may_lengthen)):
                break
            job.texts.popleft()
            batch.append((job, place, text))
            longest = length
        return longest

    async def _compute(self, batch: _Batch) -> None:
        texts = [text for _, _, text in batch]
        began = time.monotonic()
        try:
            vectors = await asyncio.get_running_loop().run_in_executor(self._inference, self._model.embed, texts)
            if not np.isfinite(vectors).all():
                raise Internal("the model made a vector that is not finite")
        except asyncio.CancelledError:
            self._fail(batch, _stopping())
            raise
        except Exception as error:  # noqa: BLE001 - whatever the model's library raises, it is the callers' answer
            self._fail(batch, error)
            return
        tokens = sum(len(text.ids) for text in texts)
        self._meter.inferred(
            len(batch), tokens, time.monotonic() - began, began - min(job.since for job, _, _ in batch)
        )
        for (job, place, _), vector in zip(batch, vectors, strict=True):
            job.answer[place] = vector
            job.missing -= 1
            if not job.missing and not job.done.done():
                job.done.set_result(None)

    def _fail(self, batch: _Batch, error: Exception) -> None:
        for job in {id(job): job for job, _, _ in batch}.values():
            if not job.done.done():
                job.done.set_exception(error)


def _stopping() -> Unavailable:
    return Unavailable("the service is stopping", retry_after_s=_RETRY_AFTER_S)
