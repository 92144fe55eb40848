"""What the client of the embedding service answers."""

import sys
from array import array
from dataclasses import dataclass
from typing import Final, TypeAlias

from shared.errors import Internal

Vector: TypeAlias = "array[float]"
"""The numbers of one vector, float32."""

_FLOAT32: Final = "f"
_FLOAT32_BYTES = 4


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One vector of length 1 a text, in their order, made by `model_version`."""

    vectors: tuple[Vector, ...]
    model_version: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entry near the query; `score` is the cosine, -1 to 1."""

    id: str
    type: str
    score: float


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What a search found, the nearest first.

    `commit` is the one of `<env>/oms/main` that the collection `objects` shows; empty for other collections.
    """

    hits: tuple[Neighbour, ...]
    model_version: str
    commit: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model; `version` depends on its weights."""

    name: str
    version: str
    dims: int
    max_tokens: int
    provider: str


def unpack_vectors(data: bytes, dims: int) -> tuple[Vector, ...]:
    """Vectors from packed little-endian float32; Internal where they do not come out even."""
    size = dims * _FLOAT32_BYTES
    if size <= 0 or len(data) % size:
        raise Internal("the peer's vectors do not have the size that it tells")
    return tuple(_vector(data[start : start + size]) for start in range(0, len(data), size))


def _vector(data: bytes) -> Vector:
    numbers: Vector = array(_FLOAT32, data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
