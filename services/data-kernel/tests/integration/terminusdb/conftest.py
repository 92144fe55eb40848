"""The legacy client and the kernel's own client against one running kernel."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import pytest_asyncio
from data_kernel_testing.kernel_process import MOVIE, KernelProcess

from shared import context
from shared.clients import TerminusGatewayClient
from shared.context import CallContext, Caller
from shared.database.clients.terminus import TerminusDBClient
from shared.security import ServiceSigner


def signer(kernel: KernelProcess) -> ServiceSigner:
    return ServiceSigner("oms", kernel.folder / "keys" / "oms.key.pem")


@pytest.fixture
def http(kernel: KernelProcess) -> Iterator[httpx2.Client]:
    with kernel.http() as client:
        yield client


@pytest.fixture
def platform_db(kernel: KernelProcess) -> str:
    """A database with the platform's rules, `dev/oms/main` and the class Movie."""
    return kernel.new_database()


@pytest.fixture
def free_db(kernel: KernelProcess, http: httpx2.Client, platform_db: str) -> str:
    """A database made over `/api`, with the class Movie on `main`."""
    name = f"free-{platform_db}"
    assert http.post(f"/api/db/admin/{name}", json={"label": "free"}).status_code == 200
    said = {"graph_type": "schema", "author": "setup", "message": "classes"}
    assert http.post(f"/api/document/admin/{name}", params=said, json=[MOVIE]).status_code == 200
    return name


@pytest.fixture
def called_by_alice(kernel: KernelProcess) -> Iterator[CallContext]:
    token = kernel.credentials()["authorization"].removeprefix("Bearer ")
    call = CallContext(caller=Caller("alice", "oms"), bearer_token=token, method="POST", route="/api/v1/things")
    with context.use(call) as used:
        yield used


@pytest_asyncio.fixture
async def legacy(kernel: KernelProcess, called_by_alice: CallContext) -> AsyncIterator[TerminusDBClient]:
    client = TerminusDBClient(f"http://127.0.0.1:{kernel.http_port}", signer=signer(kernel))
    yield client
    await client.close()


@pytest_asyncio.fixture
async def own(kernel: KernelProcess, called_by_alice: CallContext) -> AsyncIterator[TerminusGatewayClient]:
    client = TerminusGatewayClient(f"127.0.0.1:{kernel.grpc_port}", signer=signer(kernel))
    yield client
    await client.close()
