"""The embedding service over gRPC (`embedding.v1`)."""

from collections.abc import Collection, Sequence
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.clients.embedding_values import Embeddings, ModelCard, Neighbour, Neighbours, unpack_vectors
from shared.errors import Unavailable
from shared.grpc.generated.embedding.v1 import embedding_pb2 as pb
from shared.grpc.generated.embedding.v1 import embedding_pb2_grpc

_SERVICE = "embedding.v1.EmbeddingService"


class EmbeddingGrpc:
    """Over a channel of `shared.grpc.channel.open_channel`, which it closes in the end."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._stub = embedding_pb2_grpc.EmbeddingServiceStub(channel)
        self._health: Any = health_pb2_grpc.HealthStub(channel)

    async def embed(self, texts: Sequence[str], *, model: str, dimensions: int) -> Embeddings:
        """As `EmbeddingClient.embed`."""
        options = pb.EmbedOptions(model=model, dimensions=dimensions)
        answer = await self._stub.Embed(pb.EmbedRequest(texts=texts, options=options))
        return Embeddings(unpack_vectors(answer.vectors.data, answer.vectors.dims), answer.model_version)

    async def similarity(self, text: str, others: Sequence[str]) -> list[float]:
        """As `EmbeddingClient.similarity`."""
        answer = await self._stub.Similarity(pb.SimilarityRequest(text=text, others=others))
        return list(answer.scores)

    async def search(self, query: str, *, top_k: int, types: Collection[str], collection: str) -> Neighbours:
        """As `EmbeddingClient.search`."""
        answer = await self._stub.Search(
            pb.SearchRequest(collection=collection, text=query, top_k=top_k, types=list(types))
        )
        hits = tuple(Neighbour(hit.id, hit.type, hit.score) for hit in answer.hits)
        return Neighbours(hits, answer.model_version, answer.commit)

    async def models(self) -> list[ModelCard]:
        """As `EmbeddingClient.models`."""
        answer = await self._stub.ModelInfo(pb.ModelInfoRequest())
        return [
            ModelCard(model.name, model.version, model.dims, model.max_tokens, model.provider)
            for model in answer.models
        ]

    async def health(self) -> None:
        """As `EmbeddingClient.health`."""
        answer = await self._health.Check(health_pb2.HealthCheckRequest(service=_SERVICE))
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise Unavailable("the embedding service does not serve now", retry_after_s=1.0)

    async def close(self) -> None:
        """As `EmbeddingClient.close`."""
        await self._channel.close()
