"""One platform for all hostile tests: whatever one of them sends, the next must find it healthy."""

import re
from collections.abc import Iterator

import pytest
from support.hostile_platform import fill
from support.platform import Platform

_FAILURES = re.compile(r"event=(?:http_request_failed|rpc_failed|http_answer_broken_off)\b.*")
"""What a service logs where an error came out of it that it did not foresee."""


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The whole platform with something in it to read and to break."""
    with Platform(tmp_path_factory.mktemp("hostile"), traces=False) as started:
        started.wait_ready()
        fill(started)
        yield started


@pytest.fixture(autouse=True)
def _unharmed(platform: Platform) -> Iterator[None]:
    """After each test every process still runs and answers, and none has met an error that it did not foresee."""
    seen = {name: len(_failures(platform, name)) for name in platform.names}
    pids = {name: platform.pid(name) for name in platform.names}
    yield
    platform.wait_ready()
    assert {name: platform.pid(name) for name in platform.names} == pids
    for name in platform.names:
        assert not _failures(platform, name)[seen[name] :]


def _failures(platform: Platform, name: str) -> list[str]:
    return _FAILURES.findall(platform.log_path(name).read_text(encoding="utf-8", errors="replace"))
