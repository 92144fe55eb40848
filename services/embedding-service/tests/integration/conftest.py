"""A real embedding service over a real kernel and a real Redis, started as `make up` starts them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.platform import Platform

PARTS = ("redis", "data-kernel", "embedding")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Ready; one for the tests of a module that leave it as it was."""
    with Platform(tmp_path_factory.mktemp("embedding") / "oms", only=PARTS) as started:
        started.wait_ready()
        yield started


@pytest.fixture
def own_platform(tmp_path: Path) -> Iterator[Platform]:
    """For a test that kills its processes."""
    with Platform(tmp_path / "oms", only=PARTS) as started:
        started.wait_ready()
        yield started
