"""The real launcher (`make up`) as a child of a test, on free ports."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil
from support.waiting import wait_until

import choices
import up
from ports import free_ports

PORT_SETTINGS = [name.upper() for name in choices.Choices.model_fields if name.endswith("_port")]
LAUNCHER = Path(up.__file__)
PYTHON = str(Path(sys.executable).resolve())


class Launcher:
    """One `up.py`; its output is in `output`."""

    def __init__(self, home: Path, settings: Mapping[str, str], only: Sequence[str] = ()) -> None:
        self.home = home
        self._output = home.with_name(f"{home.name}-output-{len(list(home.parent.iterdir()))}.txt")
        arguments = ["--only", *only] if only else []
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(LAUNCHER), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "OMS_HOME": str(home), **settings},
            )

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        wait_until(lambda: "\nready in " in self.output or self._ended(), timeout_s, what="the launcher's ready block")

    def _ended(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the launcher ended with {self.process.returncode}:\n{self.output}")
        return False

    def pids(self) -> dict[str, int]:
        """The pids of the platform's processes and of supervisord, by name; those alone that run now."""
        started = {
            file.stem: json.loads(file.read_text(encoding="utf-8"))["argv"]
            for file in (self.home / "run").glob("*.json")
        }
        found: dict[str, int] = {}
        for child in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                executable, command = child.exe(), child.cmdline()
                # Redis writes its own title over its command line.
                found |= {
                    name: child.pid
                    for name, argv in started.items()
                    if command == argv or executable == str(Path(argv[0]).resolve()) != PYTHON
                }
        return found

    def family(self) -> list[psutil.Process]:
        """The launcher and everything below it."""
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, timeout_s: float = 30.0) -> int:
        return self.process.wait(timeout_s)

    def close(self) -> None:
        """Leave nothing behind, whatever the test came to."""
        if self.process.poll() is None:
            family = self.family()
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                for process in family:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
                self.process.wait(10)


def free_port_settings() -> dict[str, str]:
    """Every port of the launcher on a free one."""
    return {name: str(port) for name, port in zip(PORT_SETTINGS, free_ports(len(PORT_SETTINGS)), strict=True)}


@contextlib.contextmanager
def launched(home: Path, settings: Mapping[str, str], only: Sequence[str] = ()) -> Iterator[Launcher]:
    """A launcher that is stopped at the end of the block."""
    launcher = Launcher(home, settings, only)
    try:
        yield launcher
    finally:
        launcher.close()


def all_gone(processes: Sequence[psutil.Process]) -> bool:
    """Whether none of them lives; one that only waits to be reaped by its parent does not."""
    return not any(_lives(process) for process in processes)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
