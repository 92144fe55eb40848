"""Real schedulers: one for the tests of a module that leave it as it was, one of its own for a test that kills."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from scheduler_testing.scheduling import Api, Scheduling


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduling]:
    with Scheduling(tmp_path_factory.mktemp("scheduling") / "oms") as started:
        started.wait_ready()
        yield started


@pytest.fixture
def own_platform(tmp_path: Path) -> Iterator[Scheduling]:
    with Scheduling(tmp_path / "oms") as started:
        started.wait_ready()
        yield started


@pytest.fixture
def api(platform: Scheduling) -> Iterator[Api]:
    with platform.client() as client:
        yield Api(client)


@pytest.fixture
def own_api(own_platform: Scheduling) -> Iterator[Api]:
    with own_platform.client() as client:
        yield Api(client)
