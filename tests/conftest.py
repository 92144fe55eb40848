"""What the tests of the whole share."""

from collections.abc import Iterator

import pytest
from support.platform import Platform


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The whole platform with every flag on, ready; one for all tests of a module."""
    with Platform(tmp_path_factory.mktemp("platform")) as started:
        started.wait_ready()
        yield started
