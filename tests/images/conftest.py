"""One stack of containers for all of these tests; they need a Docker engine and compose."""

from collections.abc import Iterator

import pytest
from make_secrets import make_secrets
from support.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    secrets = tmp_path_factory.mktemp("stack") / "secrets"
    make_secrets(secrets)
    with Stack(secrets) as started:
        started.wait_ready()
        yield started
