"""The wiring of the embedding-service: settings → model, cache, kernel → use cases → REST and gRPC in one event loop.

`python -m embedding_service.main` runs it, and `uvicorn embedding_service.main:app` does the same under another's
command line. This is the only place that knows which adapter stands behind which port.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import structlog

from embedding_service.adapters.exact_index import ExactIndex
from embedding_service.adapters.kernel_source import KernelObjectSource
from embedding_service.adapters.kernel_store import KernelCollectionStore
from embedding_service.adapters.metrics import PrometheusMeter
from embedding_service.adapters.redis_cache import RedisVectorCache
from embedding_service.api.grpc.servicer import EmbeddingServicer
from embedding_service.api.rest.routers import HEALTH_PATH, routers
from embedding_service.application.batching import Batcher, BatchLimits
from embedding_service.application.collections import Collections
from embedding_service.application.embedding import Embedding, TextLimits
from embedding_service.application.following import Following
from embedding_service.application.keeping import Keeping
from embedding_service.application.ports import EmbeddingModel
from embedding_service.application.recent import RecentVectors
from embedding_service.application.searching import Searching, Upserting
from embedding_service.application.service import EmbeddingUseCases
from embedding_service.providers.choice import load_model
from embedding_service.providers.model_folder import ModelError
from embedding_service.settings import EmbeddingSettings
from shared.background import background
from shared.clients.terminus_gateway import TerminusGatewayClient
from shared.errors import Unavailable
from shared.grpc.generated.embedding.v1.embedding_pb2_grpc import add_EmbeddingServiceServicer_to_server
from shared.grpc.server import GrpcServer, Registration
from shared.http import Dependency, Health, build_app
from shared.http.serve import serve
from shared.security import build_authenticator, build_signer
from shared.settings import load
from shared.telemetry import configure

if TYPE_CHECKING:
    from fastapi import FastAPI

GRPC_SERVICE = "embedding.v1.EmbeddingService"
_WARM_UP = "The service is ready when it has embedded a sentence."
_log = structlog.get_logger(__name__)
_Part = TypeVar("_Part")


class Process:
    """What one running service consists of: opened by `open`, closed in the reverse order when its block ends."""

    def __init__(self, settings: EmbeddingSettings) -> None:
        self.settings = settings
        self.telemetry = configure(settings)
        self.authenticator = build_authenticator(settings)
        self._batcher: Batcher | None = None
        self._cache: RedisVectorCache | None = None
        self._kernel: TerminusGatewayClient | None = None
        self._keeping: Keeping | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[EmbeddingUseCases]:
        """Load and warm the model, then follow the kernel in the background, and serve gRPC if it is wanted."""
        async with AsyncExitStack() as stack:
            stack.callback(self.telemetry.shutdown)
            embedding, meter = await self._open_embedding(stack)
            use_cases = await self._open_collections(stack, embedding, meter)
            if self.settings.use_grpc:
                await stack.enter_async_context(self._grpc(use_cases))
            yield use_cases

    async def _open_embedding(self, stack: AsyncExitStack) -> tuple[Embedding, PrometheusMeter]:
        settings = self.settings
        began = time.monotonic()
        model = await asyncio.to_thread(_load, settings)
        meter = PrometheusMeter(self.telemetry.registry, model.card.version)
        limits = BatchLimits(**settings.batch.model_dump())
        batcher = Batcher(model, limits, meter)
        cache = RedisVectorCache(settings.redis_url, model.card, meter, ttl_s=settings.cache.ttl_s)
        stack.push_async_callback(cache.close)
        await stack.enter_async_context(background("batching", batcher.run()))
        await stack.enter_async_context(background("cache", cache.run()))
        await batcher.embed(await batcher.tokenize([_WARM_UP]))
        seconds = time.monotonic() - began
        meter.started(seconds, lambda: batcher.queued)
        _log.info("model_ready", model_version=model.card.version, provider=model.card.provider, seconds=seconds)
        self._batcher, self._cache = batcher, cache
        return (
            Embedding(
                card=model.card,
                batcher=batcher,
                cache=cache,
                recent=RecentVectors(settings.cache.local_vectors),
                meter=meter,
                limits=TextLimits(settings.max_texts, settings.max_text_bytes),
            ),
            meter,
        )

    async def _open_collections(
        self, stack: AsyncExitStack, embedding: Embedding, meter: PrometheusMeter
    ) -> EmbeddingUseCases:
        settings, card = self.settings, embedding.card
        kernel = self._kernel = TerminusGatewayClient(
            settings.data_kernel_grpc_address,
            http_url=settings.data_kernel_http_url,
            use_grpc=settings.use_grpc,
            signer=build_signer(settings),
            telemetry=self.telemetry,
        )
        stack.push_async_callback(kernel.close)
        executor = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="index"))
        collections = Collections(card.version, lambda: ExactIndex(card.dims, executor), meter)
        database = settings.objects_database
        store = KernelCollectionStore(kernel, database=database, branch=settings.own_branch)
        keeping = self._keeping = Keeping(store, collections, embedding)
        source = KernelObjectSource(kernel, database=database, branch=settings.objects_branch)
        following = Following(source, keeping, collections, meter, self.telemetry.tracer)
        await stack.enter_async_context(background("following", following.run()))
        searching = Searching(embedding, collections, meter)
        return EmbeddingUseCases(embedding, searching, Upserting(keeping), collections, following)

    @asynccontextmanager
    async def _grpc(self, use_cases: EmbeddingUseCases) -> AsyncIterator[None]:
        servicer = EmbeddingServicer(use_cases)
        server = GrpcServer(
            settings=self.settings,
            authenticator=self.authenticator,
            registrations=[Registration(add_EmbeddingServiceServicer_to_server, servicer, GRPC_SERVICE)],
            telemetry=self.telemetry,
        )
        await server.start()
        try:
            yield
        finally:
            await server.stop(self.settings.grpc_grace_s)

    async def check_model(self) -> None:
        """Unavailable before the model is warm. Whether it still answers is told by the liveness probe: a busy model
        is ready.
        """
        _opened(self._batcher)

    async def embed_once(self) -> None:
        """Embed one text, past every cache."""
        batcher = _opened(self._batcher)
        await batcher.embed(await batcher.tokenize([_WARM_UP]))

    async def check_kernel(self) -> None:
        """One round trip to the kernel."""
        await _opened(self._kernel).health()

    async def check_index(self) -> None:
        """Whether the collections are those of the branch."""
        await _opened(self._keeping).check()

    async def check_cache(self) -> None:
        """One round trip to Redis."""
        await _opened(self._cache).ping()


def _load(settings: EmbeddingSettings) -> EmbeddingModel:
    try:
        return load_model(settings)
    except ModelError as error:
        _log.critical("model_not_loaded", detail=str(error))
        raise


def _opened(part: _Part | None) -> _Part:
    if part is None:
        raise Unavailable("the service is starting", retry_after_s=1)
    return part


def build(settings: EmbeddingSettings) -> "FastAPI":
    """The service as an ASGI application, whose lifespan holds the model and serves gRPC."""
    process = Process(settings)

    @asynccontextmanager
    async def lifespan(_: "FastAPI") -> AsyncIterator[dict[str, EmbeddingUseCases]]:
        async with process.open() as use_cases:
            yield {"use_cases": use_cases}

    return build_app(
        title="embedding-service",
        settings=settings,
        authenticator=process.authenticator,
        health=Health(
            settings.service_name,
            {
                "model": Dependency(process.check_model, required=True),
                "kernel": Dependency(process.check_kernel, required=True),
                "index": Dependency(process.check_index, required=False),
                "redis": Dependency(process.check_cache, required=False),
            },
            process.embed_once,
        ),
        lifespan=lifespan,
        routers=routers(settings.service_name),
        telemetry=process.telemetry,
        open_paths=[HEALTH_PATH],
    )


def __getattr__(name: str) -> object:
    """`app` for servers that are given `embedding_service.main:app`; built on demand: an import does nothing."""
    if name == "app":
        return build(load(EmbeddingSettings))
    raise AttributeError(name)


def main() -> None:
    """Run the service in the foreground until it is told to stop."""
    settings = load(EmbeddingSettings)
    serve(build(settings), settings)


if __name__ == "__main__":
    main()
