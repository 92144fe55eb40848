"""All routes, in the order in which they are tried."""

from fastapi import APIRouter

from embedding_service.api.rest import embeddings, openai

HEALTH_PATH = "/health"


def routers(service: str) -> list[APIRouter]:
    """The routers of the service's own interface."""
    health = APIRouter(tags=["operations"])

    @health.get(HEALTH_PATH, summary="The same as /healthz")
    async def get_health() -> dict[str, str]:
        return {"status": "ok", "service": service}

    return [embeddings.router(), openai.router(), health]
