"""The kernel answers as TerminusDB 12.0.6 did: its recorded answers, replayed against a kernel of one's own.

One recording, with the first difference of every step that differs:

    .venv/bin/pytest services/data-kernel/tests/contract/terminusdb -k keys-hash

Recordings of queries are not replayed, nor are the steps of others that query. A recording passes with 95 % of its
steps (90 % where histories are compared), or with all but one of fewer than 20; one without credentials may answer 401.
The differences that there are stand in `docs/terminusdb-compatibility.md`, each class once.

`vectors/` and `contract.py` came from elsewhere (`copy_vectors.py`) and are changed by nobody here.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from data_kernel_testing.kernel_process import KernelProcess
from data_kernel_testing.replaying import Replay, recordings


@pytest.fixture(scope="module")
def replay(kernel: KernelProcess) -> Iterator[Replay]:
    return Replay(f"http://127.0.0.1:{kernel.http_port}")


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.stem)
def test_recording(path: Path, replay: Replay) -> None:
    replayed = replay.run(path)
    if replayed.passed < replayed.wanted:
        pytest.fail(replayed.report(), pytrace=False)
