"""Films in the kernel, written as one of the platform's users."""

from contextlib import asynccontextmanager

from support.platform import Platform

from shared import context
from shared.clients.embedding import EmbeddingClient
from shared.clients.terminus_gateway import TerminusGatewayClient
from shared.context import CallContext

BRANCH = "dev/oms/main"
FILMS = {
    "Alien": "A spaceship's crew is hunted by a creature that came aboard.",
    "Amelie": "A shy waitress in Paris decides to make the people around her happy.",
    "Rocky": "An unknown boxer gets a chance to fight the heavyweight champion.",
    "Jaws": "A great white shark attacks swimmers at a beach.",
}


def film_class(*searchable: str) -> dict:
    notes = [{"name": name, "searchable": name in searchable} for name in ("title", "plot")]
    return {
        "@type": "Class",
        "@id": "Film",
        "@key": {"@type": "Random"},
        "title": "xsd:string",
        "plot": "xsd:string",
        "@metadata": {"oms": {"properties": notes}},
    }


def film(title: str, plot: str) -> dict:
    return {"@id": f"Film/{title}", "@type": "Film", "title": title, "plot": plot}


@asynccontextmanager
async def kernel_of(platform: Platform, *, use_grpc: bool = True):
    client = TerminusGatewayClient(platform.kernel_grpc, http_url=platform.kernel_url, use_grpc=use_grpc)
    try:
        with context.use(CallContext(bearer_token=platform.token(), branch=BRANCH)):
            yield client
    finally:
        await client.close()


@asynccontextmanager
async def embedding_of(platform: Platform, *, use_grpc: bool = True):
    client = EmbeddingClient(platform.embedding_grpc, http_url=platform.embedding_url, use_grpc=use_grpc)
    try:
        with context.use(CallContext(bearer_token=platform.token())):
            yield client
    finally:
        await client.close()
