"""The way to the documents: the kernel that runs, or the kernel's interface over the file where no process has it."""

import getpass
import sys
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from grpc.aio import AioRpcError
from starlette.types import Receive, Scope, Send

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.disk.ownership import Ownership
from data_kernel.adapters.embedded.migrating.migration import Migrated, migrate
from data_kernel.adapters.embedded.progress import OnProgress
from data_kernel.adapters.metrics import PrometheusMetrics
from data_kernel.api.rest import routers
from data_kernel.application.kernel import Kernel
from data_kernel.settings import KernelSettings
from shared.clients.kernel_http import KernelHttp
from shared.context import ADMIN_ROLE, CallContext, Caller, use
from shared.errors import NotFound, Unavailable
from shared.http import Dependency, Health, build_app
from shared.http.client import open_http_client
from shared.security import Authenticator, build_signer
from shared.telemetry import Telemetry

_TIMEOUT_S = 600.0
_NO_BOUNDS = {"request_body_bytes": sys.maxsize, "documents_per_request": sys.maxsize}
"""These guard a server from its callers; here nobody calls but the operator, whose import may need one large commit."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the store is, and how the kernel is reached where it runs; an empty `url` is the settings' port here."""

    settings: KernelSettings
    url: str = ""
    token: str = ""

    @property
    def path(self) -> Path:
        """The store's file."""
        return self.settings.store_path


def is_owned(path: Path) -> bool:
    """Whether a process has the store; `NotFound` where there is no store."""
    if not path.is_file():
        raise _no_store()
    try:
        Ownership(path).release()
    except Unavailable:
        return True
    return False


def migrate_owned(path: Path, on_progress: OnProgress) -> Migrated:
    """Bring the store to the format of today; `NotFound` without one, `Unavailable` where a process has it."""
    if not path.is_file():
        raise _no_store()
    ownership = Ownership(path)
    try:
        return migrate(path, on_progress)
    finally:
        ownership.release()


def _no_store() -> NotFound:
    return NotFound("there is no store; STORE_PATH or --store says where it is", field="store")


@asynccontextmanager
async def open_door(place: Place, *, makes: bool = False) -> AsyncIterator[KernelHttp]:
    """A client of the kernel's interface, with the operator as the caller; with `makes` an absent store is made.

    Errors: `NotFound` where there is no store, `Unavailable` where a process has it that nobody can ask.
    """
    async with AsyncExitStack() as stack:
        is_absent = makes and not place.path.exists()
        if not is_absent and is_owned(place.path):
            url = place.url or f"http://127.0.0.1:{place.settings.http_port}"
            stack.enter_context(telling_who_is_away(url, "HTTP_PORT or --url"))
            signer = build_signer(place.settings)
            audience = place.settings.service_name
            client = open_http_client(url, audience=audience, signer=signer, timeout_s=_TIMEOUT_S)
        else:
            client = await stack.enter_async_context(_over_the_file(place.settings))
        kernel = KernelHttp(client, default_database=place.settings.kernel_default_db)
        stack.push_async_callback(kernel.close)
        stack.enter_context(use(CallContext(bearer_token=place.token)))
        yield kernel


@contextmanager
def telling_who_is_away(address: str, setting: str) -> Iterator[None]:
    """Names the address, and the setting that it is from, where no connection comes about: `Unavailable`."""
    try:
        yield
    except Unavailable as error:
        if not _has_no_peer(error.__cause__):
            raise
        raise Unavailable(
            f"a process has the store, and no kernel answers at {address}; {setting} says where it is"
        ) from error


def _has_no_peer(cause: BaseException | None) -> bool:
    """Whether a call failed before it reached a peer; what a peer refuses has its reason in the metadata."""
    if isinstance(cause, AioRpcError):
        return not cause.trailing_metadata()
    return isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout)


@asynccontextmanager
async def _over_the_file(given: KernelSettings) -> AsyncIterator[httpx2.AsyncClient]:
    settings = given.model_copy(update={"limits": given.limits.model_copy(update=_NO_BOUNDS)})
    telemetry = Telemetry.off(settings.service_name)
    metrics = PrometheusMetrics(telemetry.registry)
    store = await EmbeddedStore.open(settings.store_path, metrics=metrics, migrates=settings.store_migrates)
    try:
        kernel = Kernel.build(store, settings, metrics)
        app = build_app(
            title="kernelctl",
            settings=settings,
            authenticator=_Operator(settings),
            health=Health(settings.service_name, {"store": Dependency(store.ping, required=True)}, store.ping),
            lifespan=_no_lifespan,
            routers=routers(),
            telemetry=telemetry,
        )

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": {"kernel": kernel}}, receive, send)

        transport = httpx2.ASGITransport(app=with_state)
        audience = settings.service_name
        yield open_http_client("http://kernelctl", audience=audience, timeout_s=_TIMEOUT_S, transport=transport)
    finally:
        await store.close()


@asynccontextmanager
async def _no_lifespan(_: object) -> AsyncIterator[MutableMapping[str, Any]]:
    yield {}


class _Operator(Authenticator):
    """Whoever may open the file needs no token: every call is that of the account that runs this process."""

    def __init__(self, settings: KernelSettings) -> None:
        super().__init__(settings.service_name, settings.env, None, None)
        self._caller = Caller(getpass.getuser(), settings.service_name, frozenset({ADMIN_ROLE}))

    def authenticate(self, *, bearer_token: str, service_proof: str, allow_bare_user: bool = False) -> Caller:
        """The operator."""
        del bearer_token, service_proof, allow_bare_user
        return self._caller
