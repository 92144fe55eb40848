"""What makes vectors in the monolith's own process."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from oms.core.embeddings.minilm import Matrix, MiniLM, model_folder

if TYPE_CHECKING:
    from pathlib import Path

_BATCH = 32


class EmbeddingProvider(Protocol):
    """Texts to vectors."""

    def embed(self, texts: Sequence[str]) -> Matrix:
        """One float32 vector of length 1 a text, in their order. Computes in the calling thread."""


class MiniLMProvider:
    """`EmbeddingProvider` with the model that comes as a package, loaded when it is first used."""

    def __init__(self, folder: "Path | None" = None) -> None:
        self._folder = folder
        self._model: MiniLM | None = None
        self._one_at_a_time = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Matrix:
        """As `EmbeddingProvider.embed`."""
        with self._one_at_a_time:
            model = self._model = self._model or MiniLM(self._folder or model_folder())
            tokens = model.tokenize(texts)
            vectors = np.empty((len(texts), model.dims), np.float32)
            by_length = sorted(range(len(texts)), key=lambda row: len(tokens[row]))
            for start in range(0, len(texts), _BATCH):
                rows = by_length[start : start + _BATCH]
                vectors[rows] = model.embed([tokens[row] for row in rows])
            return vectors
