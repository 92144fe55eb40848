"""All use cases of one running service."""

from dataclasses import dataclass

from embedding_service.application.collections import Collections
from embedding_service.application.embedding import Embedding
from embedding_service.application.following import Following
from embedding_service.application.searching import Searching, Upserting


@dataclass(frozen=True, slots=True)
class EmbeddingUseCases:
    """What the interfaces call."""

    embedding: Embedding
    searching: Searching
    upserting: Upserting
    collections: Collections
    following: Following
