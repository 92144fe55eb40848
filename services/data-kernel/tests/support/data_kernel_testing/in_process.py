"""The kernel's use cases over a real store within the test's own process, and a client for its application."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.metrics import PrometheusMetrics
from data_kernel.application.hooks import Validator
from data_kernel.application.kernel import Kernel
from data_kernel.settings import KernelSettings
from shared.security import make_user_token_secret
from shared.telemetry import Telemetry


def settings_in(folder: Path, **more: Any) -> KernelSettings:
    make_user_token_secret(folder / "jwt.secret")
    return KernelSettings(env="dev", jwt_secret_file=folder / "jwt.secret", store_path=folder / "store.db", **more)


@asynccontextmanager
async def open_kernel(folder: Path, validators: Sequence[Validator] = (), **more: Any) -> AsyncIterator[Kernel]:
    settings = settings_in(folder, **more)
    metrics = PrometheusMetrics(Telemetry.off(settings.service_name).registry)
    store = await EmbeddedStore.open(settings.store_path, metrics=metrics)
    try:
        kernel = Kernel.build(store, settings, metrics, validators)
        await kernel.databases.prepare()
        yield kernel
    finally:
        await store.close()


def client_of(app: Any, state: dict[str, object], headers: dict[str, str]) -> httpx2.AsyncClient:
    """A client of an application whose lifespan would have yielded `state`."""

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=asgi), base_url="http://kernel", headers=headers)
