"""The whole platform as real processes on free ports, for the tests of the whole.

    with Platform(tmp_path / "oms") as platform:
        platform.wait_ready()
        httpx2.get(f"{platform.oms_url}/api/v1/…", headers=platform.authorization("alice"))

The processes are those of `make up` (deploy/local/processes.py). Every one of them dies with the test process,
however that ends. Ports stay the same over a restart.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.links import Links
from support.waiting import wait_until

import run_child
from home import prepare
from ports import free_ports
from processes import Home, Options, Ports, Process, platform_processes, write_start_file
from readiness import not_ready_because

_HARD_STOP_S = 10.0


class Platform:
    """Starts, kills, restarts and finally stops the processes of one platform in one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        only: Iterable[str] | None = None,
        options: Options | None = None,
        environment: Mapping[str, Mapping[str, str]] | None = None,
        traces: bool = True,
        links: Links | None = None,
    ) -> None:
        """`only` names the processes to start (default: all); `environment` adds settings by process name.

        With `traces` every process writes its spans to a file. Given `links`, processes reach one another by them, and
        clients reach OMS by the caller `client`.
        """
        self.home = Home(folder)
        self.ports = Ports(*free_ports(len(fields(Ports))))
        self.options = replace(options or Options(), traces=traces)
        wanted = set(only) if only is not None else None
        self._processes: dict[str, Process] = {}
        processes = platform_processes(self.home, self.ports, self.options)
        self._oms_port = self.ports.oms_http
        if links is not None:
            processes = links.between(processes)
            self._oms_port = links.add("client", "oms", self._oms_port)
        for process in processes:
            if wanted is None or process.name in wanted:
                added = (environment or {}).get(process.name, {})
                self._processes[process.name] = replace(process, environment={**process.environment, **added})
        unknown = (wanted or set()) - set(self._processes)
        if unknown:
            raise ValueError(f"no such process: {', '.join(sorted(unknown))}")
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    # -- addresses ---------------------------------------------------------------------------------------------------

    @property
    def oms_url(self) -> str:
        return f"http://127.0.0.1:{self._oms_port}"

    @property
    def kernel_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.kernel_http}"

    @property
    def kernel_grpc(self) -> str:
        return f"127.0.0.1:{self.ports.kernel_grpc}"

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.gateway_http}"

    @property
    def gateway_grpc(self) -> str:
        return f"127.0.0.1:{self.ports.gateway_grpc}"

    @property
    def embedding_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.embedding_http}"

    @property
    def embedding_grpc(self) -> str:
        return f"127.0.0.1:{self.ports.embedding_grpc}"

    @property
    def scheduler_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.scheduler_http}"

    @property
    def scheduler_grpc(self) -> str:
        return f"127.0.0.1:{self.ports.scheduler_grpc}"

    @property
    def nats_url(self) -> str:
        return f"nats://127.0.0.1:{self.ports.nats}"

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.ports.redis}"

    # -- identity ----------------------------------------------------------------------------------------------------

    def token(self, user: str = "alice") -> str:
        """The development token of `alice` or `admin`."""
        return (self.home.tokens / user).read_text(encoding="utf-8")

    def authorization(self, user: str = "alice") -> dict[str, str]:
        """The header that carries it."""
        return {"Authorization": f"Bearer {self.token(user)}"}

    # -- life --------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        prepare(self.home)
        try:
            for name in self._processes:
                self.start(name)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def names(self) -> tuple[str, ...]:
        """The processes of this platform."""
        return tuple(self._processes)

    def start(self, name: str) -> None:
        """Start one process that does not run."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(
                "start processes from the main thread: the kernel ends them with the thread they came from"
            )
        if self.is_running(name):
            raise RuntimeError(f"{name} runs already")
        start_file = write_start_file(
            self.home.run / f"{name}.json", self._processes[name], death_signal=signal.SIGKILL
        )
        with self.log_path(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, run_child.__file__, str(start_file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, run_child.PARENT_VARIABLE: str(os.getpid())},
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """`kill -9`, and wait until it is gone."""
        process = self._running.pop(name)
        process.kill()
        process.wait(_HARD_STOP_S)

    def pause(self, name: str) -> None:
        """SIGSTOP: it lives, keeps its ports and connections, and does nothing."""
        self._running[name].send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """SIGCONT."""
        self._running[name].send_signal(signal.SIGCONT)

    def stop(self, name: str, timeout_s: float = 20.0) -> int:
        """SIGTERM, and wait for the end; gives the exit status. Raises AssertionError where it does not end."""
        process = self._running.pop(name)
        process.terminate()
        try:
            return process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait(_HARD_STOP_S)
            raise AssertionError(
                f"{name} did not end within {timeout_s:g} s of SIGTERM\n{self.last_lines(name)}"
            ) from error

    def restart(self, name: str) -> None:
        """Stop it where it runs, start it, and wait until it is ready."""
        if self.is_running(name):
            self.stop(name)
        self._running.pop(name, None)
        self.start(name)
        self.wait_ready(name)

    def is_running(self, name: str) -> bool:
        """Whether the process lives."""
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def pid(self, name: str) -> int:
        """The pid of a running process."""
        return self._running[name].pid

    def wait_ready(self, *names: str, timeout_s: float = 60.0) -> None:
        """Wait until these processes (default: all that were started) answer ready. Raises AssertionError else."""
        for name in names or tuple(self._running):
            wait_until(partial(self.is_ready, name), timeout_s, what=f"readiness of {name}")

    def is_ready(self, name: str) -> bool:
        """Whether a running process answers ready; AssertionError where it has ended."""
        if not self.is_running(name):
            raise AssertionError(f"{name} ended before it was ready:\n{self.last_lines(name)}")
        return not_ready_because(self._processes[name].ready_at) is None

    def close(self) -> None:
        """Stop everything, the callers before the called; what does not end in time is killed."""
        for process in sorted(self._processes.values(), key=lambda process: -process.drain_order):
            running = self._running.pop(process.name, None)
            if running is None:
                continue
            running.terminate()
            try:
                running.wait(process.drain_s)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait(_HARD_STOP_S)

    # -- what they left behind ---------------------------------------------------------------------------------------

    def log_path(self, name: str) -> Path:
        """What the process printed, over all its starts."""
        return self.home.logs / f"{name}.log"

    def last_lines(self, name: str, count: int = 30) -> str:
        """The end of its log."""
        return "\n".join(self.log_path(name).read_text(encoding="utf-8", errors="replace").splitlines()[-count:])

    def lines(self, name: str, *, without: str) -> str:
        """Its log but for the lines with that text."""
        lines = self.log_path(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(line for line in lines if without not in line)

    def traces_path(self, name: str) -> Path:
        """The spans of one service as JSON lines."""
        return self.home.traces / f"{name}.jsonl"

    def spans(self, trace_id: str | None = None) -> list[dict[str, Any]]:
        """Every span that the services have written, or those of one trace."""
        found: list[dict[str, Any]] = []
        for file in sorted(self.home.traces.glob("*.jsonl")):
            lines = file.read_text(encoding="utf-8").split("\n")
            # The part after the last newline is a line that is being written now.
            found.extend(json.loads(line) for line in lines[:-1] if line)
        return [span for span in found if trace_id is None or span["trace_id"] == trace_id]
