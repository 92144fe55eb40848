"""Identities and a small application, for the tests of settings, security and HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import httpx2
import pytest
from fastapi import APIRouter, FastAPI

from shared.http import Dependency, Health, build_app
from shared.security import (
    ServiceSigner,
    build_authenticator,
    issue_user_token,
    make_service_keys,
    make_user_token_secret,
)
from shared.settings import ServiceSettings
from shared.telemetry import Telemetry


class KernelLikeSettings(ServiceSettings):
    service_name: ClassVar[str] = "data-kernel"


@dataclass(frozen=True)
class Identities:
    folder: Path
    secret: bytes

    @property
    def secret_file(self) -> Path:
        return self.folder / "jwt.secret"

    @property
    def public(self) -> Path:
        return self.folder / "public"

    def token(self, subject: str = "alice", **claims: object) -> str:
        return issue_user_token(self.secret, subject, **claims)

    def signer(self, service: str) -> ServiceSigner:
        return ServiceSigner(service, self.folder / f"{service}.key.pem")

    def settings(self, **values: object) -> KernelLikeSettings:
        given = {"env": "dev", "jwt_secret_file": self.secret_file, "service_public_keys": self.public}
        return KernelLikeSettings(**(given | values))


@pytest.fixture(scope="session")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Identities:
    folder = tmp_path_factory.mktemp("keys")
    make_service_keys(folder, ["oms", "data-kernel", "event-gateway"])
    return Identities(folder, make_user_token_secret(folder / "jwt.secret"))


@asynccontextmanager
async def _nothing_to_open(_: FastAPI) -> AsyncIterator[dict[str, str]]:
    yield {}


async def _answers() -> None:
    return None


AppBuilder = Callable[..., FastAPI]
ClientOpener = Callable[[FastAPI], AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture
def make_app(identities: Identities) -> AppBuilder:
    """Builds an application of one router; keywords go on to `build_app`, and `limits` to the settings."""

    def make(router: APIRouter | None = None, *, settings: ServiceSettings | None = None, **parts: object) -> FastAPI:
        settings = settings or identities.settings()
        given = {
            "title": "test",
            "settings": settings,
            "authenticator": build_authenticator(settings),
            "health": Health("data-kernel", {"store": Dependency(_answers, required=True)}, _answers),
            "lifespan": _nothing_to_open,
            "routers": [router] if router else [],
            "telemetry": Telemetry.off("data-kernel"),
        }
        return build_app(**(given | parts))

    return make


@pytest.fixture
def open_client(identities: Identities) -> ClientOpener:
    """A client of an application in the same process, with alice's token."""

    @asynccontextmanager
    async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
        headers = {"authorization": f"Bearer {identities.token()}"}
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers) as opened:
            yield opened

    return client
