"""Deprecated: `shared.clients.EmbeddingClient`."""

import warnings

from shared.clients.embedding import EmbeddingClient

__all__ = ["EmbeddingStub"]

EmbeddingStub = EmbeddingClient

warnings.warn("sdk.embedding_stub is now shared.clients.EmbeddingClient", DeprecationWarning, stacklevel=2)
