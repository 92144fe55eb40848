"""The embeddings of OpenAI's API: its clients work with `base_url=http://…/v1` and a platform token as the key."""

from typing import Any

from fastapi import APIRouter, Request

from embedding_service.api.rest.bodies import OpenAiRequest, numbers
from embedding_service.api.rest.calls import use_cases, while_connected
from embedding_service.application.embedding import Embedding
from shared.errors import InvalidInput


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1", tags=["openai"])
    routes.add_api_route("/embeddings", post_embeddings, methods=["POST"], summary="Vectors of texts")
    routes.add_api_route("/models", get_models, methods=["GET"], summary="The models")
    return routes


async def post_embeddings(request: Request, body: OpenAiRequest) -> dict[str, Any]:
    """As OpenAI's `POST /v1/embeddings`; an input of token ids is refused, for every model has its own."""
    embedding = use_cases(request).embedding
    card = embedding.resolve(body.model)
    texts = _texts(body.input)
    vectors, tokens = await while_connected(request, _embed(embedding, texts, body.dimensions))
    data = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index, vector in enumerate(numbers(vectors, body.encoding_format))
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": card.name, "model_version": card.version, "usage": usage}


async def get_models(request: Request) -> dict[str, Any]:
    """As OpenAI's `GET /v1/models`."""
    card = use_cases(request).embedding.card
    model = {
        "id": card.name,
        "object": "model",
        "created": 0,
        "owned_by": "oms",
        "model_version": card.version,
        "dims": card.dims,
        "max_tokens": card.max_tokens,
        "provider": card.provider,
    }
    return {"object": "list", "data": [model]}


async def _embed(embedding: Embedding, texts: list[str], dimensions: int) -> Any:
    vectors = await embedding.embed(texts, dimensions=dimensions)
    return vectors, await embedding.count_tokens(texts)


def _texts(given: str | list[str] | list[int] | list[list[int]]) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not all(isinstance(text, str) for text in texts):
        raise InvalidInput("input: texts, not the ids of tokens", field="input")
    return [str(text) for text in texts]
