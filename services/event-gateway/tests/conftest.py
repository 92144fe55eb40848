"""Puts the gateway's test support on the path and gives the fixtures that several kinds of tests share."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "support"))

from event_gateway_testing.gateway_process import GatewayProcess
from event_gateway_testing.nats_process import NatsProcess

from event_gateway.adapters.spool.sqlite import SqliteSpool


@pytest.fixture
def nats_process(tmp_path: Path) -> Iterator[NatsProcess]:
    process = NatsProcess(tmp_path / "nats")
    process.start()
    yield process
    process.kill()


@pytest.fixture
def gateway(tmp_path: Path, nats_process: NatsProcess) -> Iterator[GatewayProcess]:
    """A gateway over a running broker."""
    process = GatewayProcess(tmp_path / "gateway", nats_process.url)
    process.start()
    yield process
    process.kill()


@pytest.fixture(scope="module")
def quiet_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """A gateway over a running broker, for the tests of a module that disturb neither and store nothing."""
    folder = tmp_path_factory.mktemp("quiet")
    nats = NatsProcess(folder / "nats")
    nats.start()
    process = GatewayProcess(folder / "gateway", nats.url)
    process.start()
    yield process
    process.kill()
    nats.kill()


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[SqliteSpool]:
    opened = SqliteSpool(tmp_path / "spool.sqlite", max_events=10_000, max_bytes=10_000_000)
    await opened.load()
    yield opened
    await opened.close()
