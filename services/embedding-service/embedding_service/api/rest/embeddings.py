"""`POST /embedding` and `POST /similarity`."""

from fastapi import APIRouter, Request

from embedding_service.api.rest.bodies import (
    EmbeddingAnswer,
    EmbeddingRequest,
    HitBody,
    SimilarityAnswer,
    SimilarityRequest,
    numbers,
)
from embedding_service.api.rest.calls import use_cases, while_connected
from embedding_service.application.searching import Wanted
from embedding_service.application.service import EmbeddingUseCases
from embedding_service.domain.collections import OBJECTS
from shared.errors import InvalidInput


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["embedding"])
    routes.add_api_route("/embedding", post_embedding, methods=["POST"], summary="Vectors of texts")
    routes.add_api_route(
        "/similarity",
        post_similarity,
        methods=["POST"],
        summary="Compare texts, or search a collection",
        response_model_exclude_none=True,
    )
    return routes


async def post_embedding(request: Request, body: EmbeddingRequest) -> EmbeddingAnswer:
    """One vector of length 1 a text. 413 for too many or too long texts, 429 where the queue is full."""
    embedding = use_cases(request).embedding
    card = embedding.resolve(body.model)
    texts = _exactly_one("text", body.text, "texts", body.texts)
    vectors = await while_connected(
        request, embedding.embed(texts, dimensions=body.dimensions, refuse_long=not body.truncate)
    )
    return EmbeddingAnswer(
        vectors=numbers(vectors, body.encoding_format),
        dims=vectors.shape[1],
        model=card.name,
        model_version=card.version,
    )


async def post_similarity(request: Request, body: SimilarityRequest) -> SimilarityAnswer:
    """A pair (`text`, `other`), one against many (`text`, `texts`), or a search (`query`)."""
    cases = use_cases(request)
    cases.embedding.resolve(body.model)
    work = _compare(cases, body) if body.query is None else _search(cases, body, body.query)
    return await while_connected(request, work)


async def _compare(cases: EmbeddingUseCases, body: SimilarityRequest) -> SimilarityAnswer:
    version = cases.embedding.card.version
    if body.text is None:
        raise InvalidInput("body: `query`, or `text` with `other` or `texts`", field="body")
    scores = await cases.searching.similarity(body.text, _exactly_one("other", body.other, "texts", body.texts))
    if body.other is not None:
        return SimilarityAnswer(score=scores[0], model_version=version)
    return SimilarityAnswer(scores=scores, model_version=version)


async def _search(cases: EmbeddingUseCases, body: SimilarityRequest, query: str) -> SimilarityAnswer:
    if body.text is not None or body.other is not None or body.texts is not None:
        raise InvalidInput("body: `query` searches and excludes `text`, `other` and `texts`", field="query")
    wanted = Wanted(body.collection, body.top_k, frozenset(body.filter.types))
    hits = await cases.searching.by_text(query, wanted)
    return SimilarityAnswer(
        hits=[HitBody(id=hit.id, type=hit.type, score=hit.score) for hit in hits],
        commit=cases.following.commit if wanted.collection == OBJECTS else None,
        model_version=cases.embedding.card.version,
    )


def _exactly_one(single: str, text: str | None, several: str, texts: list[str] | None) -> list[str]:
    if (text is None) == (texts is None):
        raise InvalidInput(f"body: either `{single}` or `{several}`", field=single)
    return texts if texts is not None else [str(text)]
