"""Writes what supervisord needs to run the processes, and reads back what it says about them."""

import json
import os
import shutil
import signal
import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import listen
import run_child
from processes import Home, Process, write_start_file

LISTENER: Final = "listener"
_STABLE_AFTER_S: Final = 5
"""A process that ends sooner than this is started again after a growing pause, else at once."""
_LOG_BYTES: Final = 10_000_000


def write_supervision(home: Home, processes: Iterable[Process], *, max_starts: int) -> Path:
    """Write the configuration below `home.run` and give the start file of supervisord itself.

    Every path in the configuration is relative to that folder: its format knows no quoting that holds for a checkout
    below a folder named `100% mine; really`.
    """
    folder = home.run
    for name, target in {"python": Path(sys.executable).resolve(), "run_child.py": Path(run_child.__file__)}.items():
        _link(folder / name, target)
    _link(folder / "listen.py", Path(listen.__file__))
    sections = [_supervisord(), _listener()]
    for process in processes:
        write_start_file(folder / f"{process.name}.json", process, death_signal=signal.SIGKILL)
        sections.append(_program(process, max_starts))
    (folder / "supervisord.conf").write_text("\n".join(sections), encoding="utf-8")
    states_file(home).unlink(missing_ok=True)
    return _start_file_of_supervisord(home)


def states_file(home: Home) -> Path:
    """Where the listener's lines end up."""
    return home.run / "states.jsonl"


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _supervisord() -> str:
    # Named, the current user is no change of user; unnamed, root would be warned about.
    return f"""\
[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
loglevel=warn
pidfile=supervisord.pid
nocleanup=true
user={os.getuid()}
"""


def _listener() -> str:
    return f"""\
[eventlistener:{LISTENER}]
command=./python -I ./run_child.py ./{LISTENER}.json
events=PROCESS_STATE
buffer_size=1000
autorestart=true
stderr_logfile=states.jsonl
stderr_logfile_maxbytes=0
stdout_logfile=NONE
"""


def _program(process: Process, max_starts: int) -> str:
    return f"""\
[program:{process.name}]
command=./python -I ./run_child.py ./{process.name}.json
priority={process.drain_order}
autorestart=true
startsecs={_STABLE_AFTER_S}
startretries={max_starts}
stopwaitsecs={process.drain_s}
killasgroup=true
redirect_stderr=true
stdout_logfile=../logs/{process.name}.log
stdout_logfile_maxbytes={_LOG_BYTES}
stdout_logfile_backups=1
"""


def _start_file_of_supervisord(home: Home) -> Path:
    environment = {name: os.environ[name] for name in ("HOME", "LANG", "PATH", "TMPDIR") if name in os.environ}
    listener = Process(
        name=LISTENER,
        argv=(sys.executable, "-I", "./listen.py"),
        environment=environment,
        directory=home.run,
        ready_at="",
        drain_order=0,
        drain_s=1,
    )
    write_start_file(home.run / f"{LISTENER}.json", listener, death_signal=signal.SIGKILL)
    supervisord = Process(
        name="supervisord",
        argv=(sys.executable, "-m", "supervisor.supervisord", "-c", "supervisord.conf"),
        environment=environment,
        directory=home.run,
        ready_at="",
        drain_order=0,
        drain_s=0,
    )
    # With SIGTERM it drains the others as at a Ctrl-C, should the launcher be killed.
    return write_start_file(home.run / "supervisord.json", supervisord, death_signal=signal.SIGTERM)


def require_tools(processes: Iterable[Process]) -> None:
    """Check that every program is there. Raises FileNotFoundError with a line that says what to do."""
    for process in processes:
        if shutil.which(process.argv[0]) is None:
            raise FileNotFoundError(f"{Path(process.argv[0]).name} is missing from the environment: run `make env`")


@dataclass(frozen=True)
class StateChange:
    """One line of the listener. `state` is supervisord's own: STARTING, RUNNING, BACKOFF, EXITED, FATAL, …"""

    process: str
    state: str
    pid: int | None


def parse_state(line: str) -> StateChange:
    """Read one line of the states file."""
    fields = json.loads(line)
    pid = fields["pid"]
    return StateChange(fields["process"], fields["state"], int(pid) if pid else None)


class StartCounter:
    """Counts the starts of each process within a sliding window."""

    def __init__(self, max_starts: int, window_s: float) -> None:
        self._max_starts = max_starts
        self._window_s = window_s
        self._starts: dict[str, deque[float]] = {}

    def is_hopeless(self, change: StateChange, now_s: float) -> bool:
        """Take note of a change; true where the process ended once more and has had all the starts it may have."""
        starts = self._starts.setdefault(change.process, deque())
        if change.state == "STARTING":
            starts.append(now_s)
        while starts and starts[0] < now_s - self._window_s:
            starts.popleft()
        ended = change.state in {"BACKOFF", "EXITED", "FATAL"}
        return change.state == "FATAL" or (ended and len(starts) >= self._max_starts)
