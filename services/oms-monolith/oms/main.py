"""The wiring of the monolith: settings → clients → providers → use cases → REST.

`python -m oms.main` runs it, and `uvicorn oms.main:app` does the same under another's command line. This is the only
place that knows which client stands behind which provider.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

from oms.adapters.announcing import EventAnnouncer
from oms.adapters.migration_board import HistogramBoard
from oms.api.rest import routers
from oms.application.oms import Oms
from oms.application.path_meter import metered
from oms.core import extra
from oms.core.event_publisher import UnifiedPublisher
from oms.core.legacy import legacy_embedding, legacy_scheduler
from oms.providers import database, embedding, scheduler
from oms.providers.database import DatabaseProvider
from oms.providers.embedding import EmbeddingProvider
from oms.providers.events import EventProvider
from oms.providers.scheduler import SchedulerProvider
from oms.settings import OmsSettings, flag_sources
from shared.clients.embedding import EmbeddingClient
from shared.clients.scheduler import SchedulerClient
from shared.database.client_factory import DatabaseClientFactory
from shared.errors import Unavailable
from shared.events.jetstream import JetStreamPublisher
from shared.flags.flags import USE_EMBEDDING_MS, USE_EVENT_GATEWAY, USE_GATEWAY, USE_SCHEDULER_MS, Flags
from shared.flags.value import Path
from shared.http import Dependency, Health, build_app
from shared.http.serve import serve
from shared.security import build_authenticator, build_signer
from shared.settings import BAD_SETTINGS_STATUS, load
from shared.telemetry import configure

if TYPE_CHECKING:
    from fastapi import FastAPI

    from oms.application.ports import SemanticSearch


class Process:
    """What one running monolith consists of: opened by `open`, closed in the reverse order when its block ends."""

    def __init__(self, settings: OmsSettings) -> None:
        self.settings = settings
        self.telemetry = configure(settings)
        self.authenticator = build_authenticator(settings)
        self.flags = Flags.from_settings(settings, self.telemetry)
        self.board = HistogramBoard(self.flags, flag_sources(os.environ), self.telemetry.registry)
        self.jetstream = JetStreamPublisher(settings.nats_url, name=settings.service_name, telemetry=self.telemetry)
        self._databases: DatabaseProvider | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Oms]:
        """Make the clients, which belong to the running loop, and the use cases over them."""
        settings, telemetry = self.settings, self.telemetry
        factory = DatabaseClientFactory(
            settings.service_name,
            signer=build_signer(settings),
            telemetry=telemetry,
            use_grpc=settings.use_grpc,
            timeout_s=settings.request_timeout_s,
        )
        factory.install()
        async with AsyncExitStack() as stack:
            stack.callback(telemetry.shutdown)
            stack.push_async_callback(self.jetstream.close)
            stack.push_async_callback(factory.close)
            self._databases = self._database_provider(factory)
            database.install(self._databases)
            events = self._event_provider(factory)
            embeddings = self._embedding_provider(self._databases, stack)
            embedding.install(embeddings)
            schedulers = await self._scheduler_provider(self._databases, events, stack)
            scheduler.install(schedulers)
            yield Oms.build(
                database=self._databases.get_db_client,
                announcer=EventAnnouncer(events.get_event_client, settings.env, telemetry.registry),
                search=embeddings.get_embedding_client,
                scheduler=schedulers.get_scheduler_client,
                board=self.board,
                limits=settings.limits,
            )

    async def store_answers(self) -> None:
        """One round trip to the store, by the path that serves calls now; `Unavailable` before there is one."""
        if self._databases is None:
            raise Unavailable("the clients are not made yet", retry_after_s=1)
        await self._databases.get_db_client().health()

    def _database_provider(self, factory: DatabaseClientFactory) -> DatabaseProvider:
        address, url = self.settings.data_kernel_grpc_address, self.settings.data_kernel_http_url
        return DatabaseProvider(
            self.flags,
            service=metered(factory.gateway(address, http_url=url), self.board, USE_GATEWAY, Path.SERVICE),
            legacy=metered(factory.terminus(self.settings.legacy_url), self.board, USE_GATEWAY, Path.LEGACY),
        )

    def _event_provider(self, factory: DatabaseClientFactory) -> EventProvider:
        address, url = self.settings.event_gateway_grpc_address, self.settings.event_gateway_http_url
        client = factory.event_gateway(address, http_url=url, nats_url=self.settings.nats_url)
        return EventProvider(
            self.flags,
            service=metered(client, self.board, USE_EVENT_GATEWAY, Path.SERVICE),
            legacy=metered(UnifiedPublisher(self.jetstream), self.board, USE_EVENT_GATEWAY, Path.LEGACY),
        )

    def _embedding_provider(self, databases: DatabaseProvider, stack: AsyncExitStack) -> EmbeddingProvider:
        settings = self.settings
        client = EmbeddingClient(
            settings.embedding_grpc_address,
            http_url=settings.embedding_http_url,
            use_grpc=settings.use_grpc,
            signer=build_signer(settings),
            telemetry=self.telemetry,
        )
        stack.push_async_callback(client.close)

        @cache
        def legacy() -> "SemanticSearch":
            service = legacy_embedding(settings, databases.get_db_client)
            stack.push_async_callback(service.close)
            return metered(service, self.board, USE_EMBEDDING_MS, Path.LEGACY)

        return EmbeddingProvider(
            self.flags,
            service=metered(client, self.board, USE_EMBEDDING_MS, Path.SERVICE),
            legacy=legacy if extra.is_installed(USE_EMBEDDING_MS) else None,
        )

    async def _scheduler_provider(
        self, databases: DatabaseProvider, events: EventProvider, stack: AsyncExitStack
    ) -> SchedulerProvider:
        settings = self.settings
        client = SchedulerClient(
            settings.scheduler_grpc_address,
            http_url=settings.scheduler_http_url,
            use_grpc=settings.use_grpc,
            signer=build_signer(settings),
            telemetry=self.telemetry,
        )
        stack.push_async_callback(client.close)
        legacy = None
        if extra.needs_legacy(self.flags.value(USE_SCHEDULER_MS)):
            working = await stack.enter_async_context(
                legacy_scheduler(settings, databases.get_db_client, events.get_event_client, self._fires_here)
            )
            legacy = metered(working, self.board, USE_SCHEDULER_MS, Path.LEGACY)
        return SchedulerProvider(
            self.flags, service=metered(client, self.board, USE_SCHEDULER_MS, Path.SERVICE), legacy=legacy
        )

    def _fires_here(self, job_id: str) -> bool:
        return self.flags.position(USE_SCHEDULER_MS, job_id) is Path.LEGACY


def build(settings: OmsSettings) -> "FastAPI":
    """The monolith as an ASGI application; a flag's position that needs what is not installed ends the process."""
    process = Process(settings)
    if missing := extra.problems({name: process.flags.value(name) for name in extra.PACKAGES}):
        for problem in missing:
            sys.stderr.write(f"{settings.service_name}: {problem}\n")
        raise SystemExit(BAD_SETTINGS_STATUS)

    @asynccontextmanager
    async def lifespan(_: "FastAPI") -> AsyncIterator[dict[str, object]]:
        async with process.open() as oms:
            yield {"oms": oms, "limits": settings.limits}

    return build_app(
        title="oms",
        settings=settings,
        authenticator=process.authenticator,
        health=Health(
            settings.service_name,
            {
                "data-kernel": Dependency(process.store_answers, required=True),
                "nats": Dependency(process.jetstream.ping, required=False),
            },
            process.store_answers,
        ),
        lifespan=lifespan,
        routers=routers(),
        telemetry=process.telemetry,
    )


def __getattr__(name: str) -> object:
    """`app` for servers that are given `oms.main:app`; built on demand, so that an import does nothing."""
    if name == "app":
        return build(load(OmsSettings))
    raise AttributeError(name)


def main() -> None:
    """Run the monolith in the foreground until it is told to stop."""
    settings = load(OmsSettings)
    serve(build(settings), settings)


if __name__ == "__main__":
    main()
