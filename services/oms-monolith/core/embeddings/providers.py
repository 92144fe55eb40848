"""Deprecated: `oms.core.embeddings.providers`."""

import warnings

from oms.core.embeddings.providers import EmbeddingProvider, MiniLMProvider

__all__ = ["EmbeddingProvider", "MiniLMProvider"]

warnings.warn("core.embeddings.providers is now oms.core.embeddings.providers", DeprecationWarning, stacklevel=2)
