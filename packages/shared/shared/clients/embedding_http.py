"""The embedding service over its REST interface."""

import base64
from collections.abc import Collection, Sequence
from typing import Any

import httpx2

from shared.canonical import Json, encode
from shared.clients.embedding_values import Embeddings, ModelCard, Neighbour, Neighbours, unpack_vectors
from shared.clients.json_http import json_of
from shared.http.client import raise_for_problem


class EmbeddingHttp:
    """Over a client of `shared.http.client.open_http_client`, which it closes in the end."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def embed(self, texts: Sequence[str], *, model: str, dimensions: int) -> Embeddings:
        """As `EmbeddingClient.embed`."""
        answer = await self._post(
            "/embedding",
            {"texts": list(texts), "model": model, "dimensions": dimensions, "encoding_format": "base64"},
        )
        packed = b"".join(map(base64.b64decode, answer["vectors"]))
        return Embeddings(unpack_vectors(packed, answer["dims"]), answer["model_version"])

    async def similarity(self, text: str, others: Sequence[str]) -> list[float]:
        """As `EmbeddingClient.similarity`."""
        answer = await self._post("/similarity", {"text": text, "texts": list(others)})
        return [float(score) for score in answer["scores"]]

    async def search(self, query: str, *, top_k: int, types: Collection[str], collection: str) -> Neighbours:
        """As `EmbeddingClient.search`."""
        answer = await self._post(
            "/similarity",
            {"query": query, "top_k": top_k, "collection": collection, "filter": {"types": list(types)}},
        )
        hits = tuple(Neighbour(hit["id"], hit["type"], float(hit["score"])) for hit in answer["hits"])
        return Neighbours(hits, answer["model_version"], answer.get("commit", ""))

    async def models(self) -> list[ModelCard]:
        """As `EmbeddingClient.models`."""
        response = await self._client.get("/v1/models")
        raise_for_problem(response)
        answer: Any = json_of(response)
        return [
            ModelCard(each["id"], each["model_version"], each["dims"], each["max_tokens"], each["provider"])
            for each in answer["data"]
        ]

    async def health(self) -> None:
        """As `EmbeddingClient.health`."""
        raise_for_problem(await self._client.get("/readyz"))

    async def close(self) -> None:
        """As `EmbeddingClient.close`."""
        await self._client.aclose()

    async def _post(self, path: str, body: dict[str, Json]) -> Any:
        response = await self._client.post(path, content=encode(body), headers={"content-type": "application/json"})
        raise_for_problem(response)
        return json_of(response)
