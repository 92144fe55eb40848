"""The client of the embedding service: one interface over gRPC or HTTP."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TYPE_CHECKING, TypeVar

from shared.clients.embedding_grpc import EmbeddingGrpc
from shared.clients.embedding_http import EmbeddingHttp
from shared.clients.embedding_values import Embeddings, ModelCard, Neighbours
from shared.grpc.channel import open_channel
from shared.http.client import open_http_client
from shared.resilience import Resilience
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    from shared.grpc.tls import TlsFiles
    from shared.security import ServiceSigner

AUDIENCE = "embedding"
OBJECTS = "objects"
"""The collection of the ontology's objects."""

_Answer = TypeVar("_Answer")


class EmbeddingClient:
    """Embeds texts and searches what is embedded: at `target` over gRPC, or with `use_grpc` false at `http_url`.

    Every call has the deadline `timeout_s` and is repeated where the service is away, for all of them only read or
    compute. Beside what stands at each, they raise Unavailable, RateLimited, DeadlineExceeded, Unauthenticated,
    Forbidden, and InvalidInput for a blank text.
    """

    def __init__(
        self,
        target: str = "embedding-service:50055",
        *,
        http_url: str | None = None,
        use_grpc: bool = True,
        signer: "ServiceSigner | None" = None,
        telemetry: Telemetry | None = None,
        tls: "TlsFiles | None" = None,
        timeout_s: float = 10.0,
    ) -> None:
        telemetry = telemetry or Telemetry.off("client")
        self._resilience = Resilience(AUDIENCE, telemetry.registry, deadline_s=timeout_s)
        self._transport: EmbeddingGrpc | EmbeddingHttp
        if use_grpc:
            self._transport = EmbeddingGrpc(
                open_channel(target, audience=AUDIENCE, signer=signer, telemetry=telemetry, tls=tls)
            )
        else:
            url = http_url or "http://embedding-service:8001"
            self._transport = EmbeddingHttp(
                open_http_client(url, audience=AUDIENCE, signer=signer, timeout_s=timeout_s, telemetry=telemetry)
            )

    async def embed(self, texts: Sequence[str], *, model: str = "", dimensions: int = 0) -> Embeddings:
        """The vectors of 1 to 2 048 texts; `dimensions` takes so many numbers of each, 0 all.

        NotFound where there is no such model, TooLarge for too many or too long texts.
        """
        return await self._call(lambda: self._transport.embed(texts, model=model, dimensions=dimensions))

    async def similarity(self, text: str, others: Sequence[str]) -> list[float]:
        """Cosine of a text with each of the others, -1 to 1."""
        return await self._call(lambda: self._transport.similarity(text, others))

    async def search(
        self, query: str, *, top_k: int = 10, types: Collection[str] = (), collection: str = OBJECTS
    ) -> Neighbours:
        """The `top_k` (1 to 1 000) entries nearest to a text, of these types (none: of any).

        NotFound where there is no such collection.
        """
        return await self._call(lambda: self._transport.search(query, top_k=top_k, types=types, collection=collection))

    async def models(self) -> list[ModelCard]:
        """The models that are served, the default one first."""
        return await self._call(self._transport.models)

    @property
    def is_open(self) -> bool:
        """Whether the circuit is open now, so that a fallback is due."""
        return self._resilience.is_open

    def count_fallback(self) -> None:
        """Count that the caller took another way."""
        self._resilience.count_fallback()

    async def health(self) -> None:
        """Return if the service can serve, else raise Unavailable; asks at once and once, whatever the circuit says."""
        await self._transport.health()

    async def close(self) -> None:
        """Let go of the connections; the client is of no use afterwards."""
        await self._transport.close()

    async def _call(self, fn: Callable[[], Awaitable[_Answer]]) -> _Answer:
        return await self._resilience.call(fn, retry=True)
