"""Puts the kernel's test support on the path and gives the fixtures that several kinds of tests share."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "support"))

from data_kernel_testing.kernel_process import KernelProcess


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KernelProcess]:
    """A running kernel; the tests of a module share it, each with a database of its own."""
    process = KernelProcess(tmp_path_factory.mktemp("kernel"))
    process.start()
    yield process
    process.kill()
