"""Deprecated: `oms.core.embeddings.service`."""

import warnings

from oms.core.embeddings.service import VectorEmbeddingService

__all__ = ["VectorEmbeddingService"]

warnings.warn("core.embeddings.service is now oms.core.embeddings.service", DeprecationWarning, stacklevel=2)
