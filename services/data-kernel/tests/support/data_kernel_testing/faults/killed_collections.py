"""Rounds in which the process that collects garbage is killed: nothing that lives is lost, and the rest goes later."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from data_kernel_testing.faults.checking import require
from data_kernel_testing.faults.garbage import DATABASE, RETENTION, Truth, found, make

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.verification import verify_file

_SUPPORT = Path(__file__).parents[2]
_MOST_STEPS = 170
_MOST_DELAY_S = 0.005


class KilledCollections:
    """Makes one store with much garbage, and kills the collection of copies of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._whole = folder / "garbage.db"
        self._truth: Truth = {}

    async def round(self, random: Random) -> None:
        """One collection, killed after a drawn number of steps."""
        if not self._truth:
            self._truth = await make(self._whole, random)
        with TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder) / "store.db"
            shutil.copy(self._whole, path)
            _collect_until_killed(path, random)
            await self._check(path)

    async def _check(self, path: Path) -> None:
        _verify(path, "after the kill")
        store = await EmbeddedStore.open(path)
        require(await found(store, self._truth) == self._truth, "what lives has changed by a part of a collection")
        await store.collect(DATABASE, RETENTION)
        left = await store.collect(DATABASE, RETENTION, dry_run=True)
        require(left.commits + left.nodes + left.versions == 0, "the next collection leaves something")
        require(await found(store, self._truth) == self._truth, "what lives has changed by the next collection")
        await store.close()
        _verify(path, "after the next collection")


def _verify(path: Path, when: str) -> None:
    fault = verify_file(path, lambda *_: None).fault
    require(fault is None, f"{when}: {fault}")


def _collect_until_killed(path: Path, random: Random) -> int:
    """How many steps were told before the kill."""
    command = [sys.executable, "-m", "data_kernel_testing.faults.collecting_process", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(_SUPPORT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None
        steps = sum(bool(child.stdout.readline()) for _ in range(random.randint(1, _MOST_STEPS)))
        try:
            child.wait(random.random() * _MOST_DELAY_S)
        except subprocess.TimeoutExpired:
            child.kill()
    if child.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the process that collects ended by itself with status {child.returncode}")
    return steps
