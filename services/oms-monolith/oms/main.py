"""The wiring of the monolith: settings → clients → providers → use cases → REST.

`python -m oms.main` runs it, and `uvicorn oms.main:app` does the same under another's command line. This is the only
place that knows which client stands behind which provider.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from oms.adapters.announcing import EventAnnouncer
from oms.api.rest import routers
from oms.application.oms import Oms
from oms.core.event_publisher import UnifiedPublisher
from oms.providers import database
from oms.providers.database import DatabaseProvider
from oms.providers.events import EventProvider
from oms.settings import OmsSettings
from shared.database.client_factory import DatabaseClientFactory
from shared.errors import Unavailable
from shared.events.jetstream import JetStreamPublisher
from shared.flags.flags import Flags
from shared.http import Dependency, Health, build_app
from shared.http.serve import serve
from shared.security import build_authenticator, build_signer
from shared.settings import load
from shared.telemetry import configure

if TYPE_CHECKING:
    from fastapi import FastAPI


class Process:
    """What one running monolith consists of: opened by `open`, closed in the reverse order when its block ends."""

    def __init__(self, settings: OmsSettings) -> None:
        self.settings = settings
        self.telemetry = configure(settings)
        self.authenticator = build_authenticator(settings)
        self.flags = Flags.from_settings(settings, self.telemetry)
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
        )
        factory.install()
        async with AsyncExitStack() as stack:
            stack.callback(telemetry.shutdown)
            stack.push_async_callback(self.jetstream.close)
            stack.push_async_callback(factory.close)
            self._databases = self._database_provider(factory)
            database.install(self._databases)
            events = self._event_provider(factory)
            announcer = EventAnnouncer(events.get_event_client, settings.env, telemetry.registry)
            yield Oms.build(self._databases.get_db_client, announcer)

    async def store_answers(self) -> None:
        """One round trip to the store, by the path that serves calls now; `Unavailable` before there is one."""
        if self._databases is None:
            raise Unavailable("the clients are not made yet", retry_after_s=1)
        await self._databases.get_db_client().health()

    def _database_provider(self, factory: DatabaseClientFactory) -> DatabaseProvider:
        address, url = self.settings.data_kernel_grpc_address, self.settings.data_kernel_http_url
        return DatabaseProvider(
            self.flags,
            service=factory.gateway(address, http_url=url),
            legacy=factory.terminus(self.settings.legacy_url),
        )

    def _event_provider(self, factory: DatabaseClientFactory) -> EventProvider:
        address, url = self.settings.event_gateway_grpc_address, self.settings.event_gateway_http_url
        return EventProvider(
            self.flags,
            service=factory.event_gateway(address, http_url=url, nats_url=self.settings.nats_url),
            legacy=UnifiedPublisher(self.jetstream),
        )


def build(settings: OmsSettings) -> "FastAPI":
    """The monolith as an ASGI application."""
    process = Process(settings)

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
