"""Embeddings in the monolith's own process, as before the embedding-service.

Deprecated: they serve while USE_EMBEDDING_MS is off, and go one month after the flag is on in production. They need the
extra `legacy-ml`.
"""
