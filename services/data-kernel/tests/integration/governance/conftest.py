from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from data_kernel_testing.callers import ALICE
from data_kernel_testing.in_process import open_kernel
from data_kernel_testing.kernel_process import MOVIE

from data_kernel.application.hooks import WriteOptions
from data_kernel.application.kernel import Kernel
from data_kernel.application.planning import PutMode


@pytest.fixture
async def kernel(tmp_path: Path) -> AsyncIterator[Kernel]:
    """A kernel in this process, with movies, that keeps nothing longer than it is needed."""
    async with open_kernel(tmp_path, gc_unattached_days=0) as opened:
        await opened.writes.put_schema("oms", [MOVIE], PutMode.INSERT, WriteOptions(branch="main"), ALICE)
        yield opened
