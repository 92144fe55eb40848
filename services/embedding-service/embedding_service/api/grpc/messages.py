"""Between messages of `embedding.v1` and the use cases."""

from embedding_service.application.ports import ModelCard
from embedding_service.domain.collections import Hit
from embedding_service.domain.vectors import Matrix, from_bytes, to_bytes
from shared.errors import InvalidInput
from shared.grpc.generated.embedding.v1 import embedding_pb2 as pb

_FLOAT32 = {pb.DATA_TYPE_UNSPECIFIED, pb.DATA_TYPE_FLOAT32}


def vectors_message(vectors: Matrix) -> pb.Vectors:
    """The vectors, packed."""
    count, dims = vectors.shape
    return pb.Vectors(data=to_bytes(vectors), dtype=pb.DATA_TYPE_FLOAT32, dims=dims, count=count)


def matrix(message: pb.Vectors) -> Matrix:
    """The vectors of a message; InvalidInput."""
    if message.dtype not in _FLOAT32:
        raise InvalidInput("vector.dtype: only float32 is taken", field="vector.dtype")
    vectors = from_bytes(message.data, message.dims)
    if len(vectors) != message.count:
        raise InvalidInput(f"vector.count: {message.count}, but there are {len(vectors)}", field="vector.count")
    return vectors


def hit_message(hit: Hit) -> pb.SearchHit:
    """One neighbour."""
    return pb.SearchHit(id=hit.id, type=hit.type, score=hit.score)


def model_message(card: ModelCard) -> pb.Model:
    """One model."""
    return pb.Model(
        name=card.name,
        version=card.version,
        dims=card.dims,
        max_tokens=card.max_tokens,
        provider=card.provider,
    )
