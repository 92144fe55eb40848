"""The servicer of `embedding.v1.EmbeddingService`."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, TypeAlias

from embedding_service.api.grpc.messages import hit_message, matrix, model_message, vectors_message
from embedding_service.application.keeping import Item
from embedding_service.application.searching import Wanted
from embedding_service.application.service import EmbeddingUseCases
from embedding_service.domain.collections import OBJECTS
from shared.errors import InvalidInput
from shared.grpc.generated.embedding.v1 import embedding_pb2 as pb
from shared.grpc.generated.embedding.v1 import embedding_pb2_grpc as pb_grpc

if TYPE_CHECKING:
    import grpc

RpcContext: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class EmbeddingServicer(pb_grpc.EmbeddingServiceServicer):
    """Parses, calls one use case, writes the answer; errors leave as they are raised."""

    def __init__(self, cases: EmbeddingUseCases) -> None:
        self._cases = cases

    async def Embed(self, request: pb.EmbedRequest, context: RpcContext) -> pb.EmbedResponse:
        """See the contract."""
        vectors, version = await self._embed(list(request.texts), request.options)
        return pb.EmbedResponse(vectors=vectors, model_version=version)

    async def EmbedStream(
        self, request_iterator: AsyncIterator[pb.EmbedStreamRequest], context: RpcContext
    ) -> AsyncIterator[pb.EmbedStreamResponse]:
        """See the contract. The next message is read when the one before is answered: the stream holds itself back."""
        options: pb.EmbedOptions | None = None
        async for request in request_iterator:
            if options is None:
                options = request.options
            elif request.HasField("options") and request.options != options:
                raise InvalidInput("options: those of the first message hold for all", field="options")
            vectors, version = await self._embed(list(request.texts), options)
            yield pb.EmbedStreamResponse(vectors=vectors, model_version=version)

    async def Similarity(self, request: pb.SimilarityRequest, context: RpcContext) -> pb.SimilarityResponse:
        """See the contract."""
        card = self._cases.embedding.resolve(request.model)
        scores = await self._cases.searching.similarity(request.text, list(request.others))
        return pb.SimilarityResponse(scores=scores, model_version=card.version)

    async def Search(self, request: pb.SearchRequest, context: RpcContext) -> pb.SearchResponse:
        """See the contract."""
        wanted = Wanted(request.collection or OBJECTS, request.top_k, frozenset(request.types))
        kind = request.WhichOneof("query")
        if kind is None:
            raise InvalidInput("query: `text` or `vector`", field="query")
        searching = self._cases.searching
        if kind == "text":
            hits = await searching.by_text(request.text, wanted)
        else:
            hits = await searching.by_vector(matrix(request.vector), wanted)
        return pb.SearchResponse(
            hits=map(hit_message, hits),
            model_version=self._cases.embedding.card.version,
            commit=self._commit(wanted.collection),
        )

    async def Upsert(self, request: pb.UpsertRequest, context: RpcContext) -> pb.UpsertResponse:
        """See the contract."""
        entries = [Item(entry.id, entry.type, entry.text) for entry in request.entries]
        outcome = await self._cases.upserting.upsert(request.collection, entries, list(request.delete_ids))
        return pb.UpsertResponse(
            embedded=outcome.embedded, deleted=outcome.deleted, model_version=self._cases.embedding.card.version
        )

    async def ModelInfo(self, request: pb.ModelInfoRequest, context: RpcContext) -> pb.ModelInfoResponse:
        """See the contract."""
        card = self._cases.embedding.card
        collections = [
            pb.Collection(name=name, size=size, model_version=card.version, commit=self._commit(name))
            for name, size in self._cases.collections.sizes.items()
        ]
        return pb.ModelInfoResponse(models=[model_message(card)], collections=collections)

    async def _embed(self, texts: list[str], options: pb.EmbedOptions) -> tuple[pb.Vectors, str]:
        embedding = self._cases.embedding
        card = embedding.resolve(options.model)
        vectors = await embedding.embed(texts, dimensions=options.dimensions, refuse_long=options.refuse_long)
        return vectors_message(vectors), card.version

    def _commit(self, collection: str) -> str:
        return self._cases.following.commit if collection == OBJECTS else ""
