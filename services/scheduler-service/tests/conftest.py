"""Puts the scheduler's test support on the path and gives the fixtures that several kinds of tests share."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "support"))

from scheduler_testing.target import Target


@pytest.fixture
def target() -> Iterator[Target]:
    """Something that http tasks can reach."""
    with Target() as started:
        yield started
