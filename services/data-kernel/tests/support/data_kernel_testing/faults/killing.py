"""Rounds in which the process that writes is killed, at any moment from its first on."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

from data_kernel_testing.faults.checking import check_file
from data_kernel_testing.faults.load import Acknowledged, Write

_SUPPORT = Path(__file__).parents[2]
_MOST_ACKNOWLEDGED = 60
_MOST_DELAY_S = 0.02
_LIVES = 5


class Killing:
    """Kills processes that write to one file, several lives of it in a row, then takes another file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rounds = 0
        self._acknowledged: list[Acknowledged] = []

    async def round(self, random: Random) -> None:
        """One process, killed and checked."""
        file, life = divmod(self._rounds, _LIVES)
        self._rounds += 1
        if life == 0:
            self._acknowledged = []
        path = self._folder / f"killed-{file}" / "store.db"
        self._acknowledged += _write_until_killed(path, life, random)
        await check_file(path, self._acknowledged)


def _write_until_killed(path: Path, run: int, random: Random) -> list[Acknowledged]:
    command = [sys.executable, "-m", "data_kernel_testing.faults.killed_process", str(path), str(run)]
    environment = {**os.environ, "PYTHONPATH": str(_SUPPORT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(1 + random.randint(0, _MOST_ACKNOWLEDGED))]
        try:
            child.wait(random.random() * _MOST_DELAY_S)  # so that it is not always just after an acknowledgement
        except subprocess.TimeoutExpired:
            child.kill()
        rest = child.stdout.read()
    if child.returncode != -signal.SIGKILL:
        raise RuntimeError(f"the process that writes ended by itself with status {child.returncode}")
    whole = [line for line in [*lines, *rest.splitlines(keepends=True)] if line.endswith("\n")]
    return [_acknowledged(line) for line in whole[1:]]


def _acknowledged(line: str) -> Acknowledged:
    name, commit = line.split()
    return Acknowledged(Write.parse(name), commit)
