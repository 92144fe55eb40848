"""The JSON of requests and answers."""

import base64
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from embedding_service.domain.vectors import Matrix, to_bytes

Encoding = Literal["float", "base64"]
Dimensions = Annotated[int, Field(ge=0, le=100_000, description="So many numbers of each vector; 0: all.")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EmbeddingRequest(_Request):
    """One text or several; not both."""

    text: str | None = None
    texts: list[str] | None = None
    model: str = Field("", max_length=256)
    dimensions: Dimensions = 0
    encoding_format: Encoding = "float"
    truncate: bool = Field(True, description="Read the beginning of a text that is too long; else it is 413.")


class EmbeddingAnswer(BaseModel):
    """The vectors in the order of the texts: lists of numbers, or base64 of little-endian float32."""

    vectors: list[list[float]] | list[str]
    dims: int
    model: str
    model_version: str


class SearchFilter(_Request):
    """Which entries are searched."""

    types: list[Annotated[str, Field(max_length=256)]] = Field(default=[], max_length=1000)


class SimilarityRequest(_Request):
    """`text` with `other` or `texts` compares; `query` searches a collection."""

    text: str | None = None
    other: str | None = None
    texts: list[str] | None = None
    query: str | None = None
    top_k: int = Field(10, ge=1, le=1000)
    collection: str = Field("objects", max_length=64)
    filter: SearchFilter = SearchFilter()
    model: str = Field("", max_length=256)


class HitBody(BaseModel):
    """One neighbour."""

    id: str
    type: str
    score: float = Field(description="Cosine with the query, -1 to 1.")


class SimilarityAnswer(BaseModel):
    """The one of the three that was asked for."""

    score: float | None = None
    scores: list[float] | None = None
    hits: list[HitBody] | None = None
    commit: str | None = Field(None, description="The commit of the ontology that the collection shows.")
    model_version: str


class OpenAiRequest(BaseModel):
    """The request of OpenAI's API; members that it does not know are passed over, as there."""

    input: str | list[str] | list[int] | list[list[int]]
    model: str = Field("", max_length=256)
    encoding_format: Encoding = "float"
    dimensions: Dimensions = 0


def numbers(vectors: Matrix, encoding: Encoding) -> list[Any]:
    """Each vector as JSON has it."""
    if encoding == "float":
        numbers: list[Any] = vectors.tolist()
        return numbers
    return [base64.b64encode(to_bytes(vector)).decode("ascii") for vector in vectors]
