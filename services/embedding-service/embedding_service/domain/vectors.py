"""Vectors as arrays, and as the bytes in which they travel and rest: little-endian float32."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shared.errors import InvalidInput

Vector: TypeAlias = NDArray[np.float32]
"""[dims]"""
Matrix: TypeAlias = NDArray[np.float32]
"""[vectors, dims]"""

_STORED = np.dtype("<f4")


def to_bytes(vectors: Matrix | Vector) -> bytes:
    """The numbers one after another."""
    return vectors.astype(_STORED, copy=False).tobytes()


def from_bytes(data: bytes, dims: int, *, field: str = "vector") -> Matrix:
    """The vectors, [len(data) / 4 / dims, dims]; InvalidInput where they do not come out even or are not finite."""
    if dims < 1 or len(data) % (dims * _STORED.itemsize):
        raise InvalidInput(f"{field}: {len(data)} bytes are no vectors of {dims} float32", field=field)
    matrix = np.frombuffer(data, _STORED).reshape(-1, dims).astype(np.float32)
    if not np.isfinite(matrix).all():
        raise InvalidInput(f"{field}: a number is not finite", field=field)
    return matrix


def unit(vectors: Matrix) -> Matrix:
    """The same directions with length 1; zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions: Matrix = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return directions


def shortened(vectors: Matrix, dims: int) -> Matrix:
    """The first `dims` numbers of each, scaled to length 1; 0 takes all. InvalidInput where there are not so many."""
    present = vectors.shape[1]
    if dims in {0, present}:
        return vectors
    if not 0 < dims < present:
        raise InvalidInput(f"dimensions: the model has {present}, not {dims}", field="dimensions")
    return unit(vectors[:, :dims])
