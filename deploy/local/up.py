"""Runs the whole platform in the foreground: `make up`.

Checks the ground, starts every process under supervisord, waits until all are ready, shows their lines, and drains
them in order at Ctrl-C or SIGTERM. Exit status: 0 after a clean stop, 1 where the start or a process failed, 2 for a
wrong setting.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import run_child
from choices import Choices, help_text, read_choices
from console import Console, Tail
from home import USERS, AlreadyRunningError, owned, prepare
from ports import PortTakenError, require_free
from processes import Home, Process, platform_processes
from readiness import not_ready_because
from supervision import StartCounter, parse_state, require_tools, states_file, write_supervision

_SELF: Final = "up"
_SUPERVISOR: Final = "supervisor"
_POLL_S: Final = 0.05
_REMIND_S: Final = 5.0


class Launch:
    """One run of the platform, from the first process to the last line."""

    def __init__(self, home: Home, processes: Sequence[Process], choices: Choices) -> None:
        self._home = home
        self._processes = processes
        self._choices = choices
        self._console = Console([*(process.name for process in processes), _SUPERVISOR])
        self._tails = {process.name: Tail(home.logs / f"{process.name}.log") for process in processes}
        self._counter = StartCounter(choices.up_max_starts, choices.up_start_window_s)
        self._stop = asyncio.Event()
        self._failure: str | None = None

    async def run(self) -> int:
        """Run until stopped; gives the exit status."""
        self._listen_to_signals()
        started = time.monotonic()
        start_file = write_supervision(self._home, self._processes, max_starts=self._choices.up_max_starts)
        states = Tail(states_file(self._home))
        supervisord = await asyncio.create_subprocess_exec(
            sys.executable,
            run_child.__file__,
            str(start_file),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, run_child.PARENT_VARIABLE: str(os.getpid())},
            start_new_session=True,
        )
        async with asyncio.TaskGroup() as tasks:
            following = [tasks.create_task(self._follow(states)), tasks.create_task(self._relay(supervisord))]
            readiness = tasks.create_task(self._announce_ready(started))
            ended = tasks.create_task(self._watch(supervisord))
            await self._stop.wait()
            readiness.cancel()
            status = await self._drain(supervisord)
            for task in (*following, ended):
                task.cancel()
        self._show_new_lines()
        self._report()
        return status if self._failure is None else 1

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)

    def _fail(self, reason: str) -> None:
        self._failure = self._failure or reason
        self._stop.set()

    async def _relay(self, supervisord: asyncio.subprocess.Process) -> None:
        """Show what supervisord itself says: who ended, and why."""
        if supervisord.stdout is None:
            raise RuntimeError("supervisord was started without a pipe")
        async for line in supervisord.stdout:
            self._console.line(_SUPERVISOR, line.decode("utf-8", "replace").rstrip())

    async def _watch(self, supervisord: asyncio.subprocess.Process) -> None:
        status = await supervisord.wait()
        if not self._stop.is_set():
            self._fail(f"supervisord ended by itself (status {status})")

    async def _follow(self, states: Tail) -> None:
        """Show the processes' lines, and count how often each had to be started."""
        while True:
            self._show_new_lines()
            for change in map(parse_state, states.new_lines()):
                if self._counter.is_hopeless(change, time.monotonic()) and not self._stop.is_set():
                    self._fail_for(change.process)
            if self._console.closed:
                self._stop.set()
            await asyncio.sleep(_POLL_S)

    def _fail_for(self, name: str) -> None:
        self._show_new_lines()
        starts = f"{self._choices.up_max_starts} starts within {self._choices.up_start_window_s:g} s"
        last = "\n".join(f"    {line}" for line in self._tails[name].last_lines) or "    (nothing)"
        self._fail(f"{name} does not stay up: gave up after {starts}; its last lines:\n{last}")

    def _show_new_lines(self) -> None:
        for name, tail in self._tails.items():
            for line in tail.new_lines():
                self._console.line(name, line)

    async def _announce_ready(self, started: float) -> None:
        """Wait for every process, then print the ready block; fails the launch after the time limit."""
        waiting = {process.name: asyncio.create_task(self._ready(process, started)) for process in self._processes}
        reasons = {process.name: process for process in self._processes}
        try:
            while pending := [name for name, task in waiting.items() if not task.done()]:
                left = started + self._choices.up_ready_timeout_s - time.monotonic()
                await asyncio.wait([waiting[name] for name in pending], timeout=min(_REMIND_S, max(left, 0)))
                pending = [name for name in pending if not waiting[name].done()]
                if pending and left <= 0:
                    why = [
                        f"{name} ({await asyncio.to_thread(not_ready_because, reasons[name].ready_at)})"
                        for name in pending
                    ]
                    self._fail(f"not ready within {self._choices.up_ready_timeout_s:g} s: {', '.join(why)}")
                    return
                if pending:
                    self._console.line(_SELF, f"waiting for {', '.join(pending)}")
        finally:
            for task in waiting.values():
                task.cancel()
        self._console.text(self._ready_block(time.monotonic() - started))

    async def _ready(self, process: Process, started: float) -> None:
        while await asyncio.to_thread(not_ready_because, process.ready_at):  # noqa: ASYNC110 - it can only be asked
            await asyncio.sleep(_POLL_S * 2)
        self._console.line(_SELF, f"{process.name} is ready ({time.monotonic() - started:.1f} s)")

    def _ready_block(self, seconds: float) -> str:
        rows = [
            (process.name, kind, address) for process in self._processes for kind, address in process.addresses.items()
        ]
        width = max(len(name) for name, _, _ in rows)
        addresses = [f"  {name:{width}}  {kind:5}  {address}" for name, kind, address in reversed(rows)]
        tokens = [f"  {'token':{width}}  {user:5}  {_from_here(self._home.tokens / user)}" for user in USERS]
        return "\n".join(
            [f"ready in {seconds:.1f} s", *addresses, *tokens, "stop with Ctrl-C, or `make down` elsewhere"]
        )

    async def _drain(self, supervisord: asyncio.subprocess.Process) -> int:
        """Stop everything, the callers before the called."""
        self._console.line(_SELF, "stopping")
        began = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            supervisord.terminate()
        try:
            await asyncio.wait_for(supervisord.wait(), self._choices.up_drain_s)
        except TimeoutError:
            supervisord.kill()  # the kernel then kills what it had started
            await supervisord.wait()
            self._console.line(_SELF, f"not everything ended within {self._choices.up_drain_s:g} s; killed")
            return 1
        self._show_new_lines()
        self._console.line(
            _SELF, f"stopped in {time.monotonic() - began:.1f} s; the data stays in {_from_here(self._home.path)}"
        )
        return 0

    def _report(self) -> None:
        if self._failure is not None:
            print(f"make up: {self._failure}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, check the ground, run."""
    parser = argparse.ArgumentParser(
        prog="up.py",
        description="Run the whole platform in the foreground.",
        epilog=help_text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", metavar="NAME", nargs="+", help="start these processes alone")
    only = parser.parse_args(arguments).only
    choices = read_choices()
    os.umask(0o077)  # whatever is written belongs to this user alone
    try:
        with owned(choices.home):
            processes = _chosen(choices, only)
            prepare(choices.home)
            return asyncio.run(Launch(choices.home, processes, choices).run())
    except (AlreadyRunningError, PortTakenError, FileNotFoundError, PermissionError, LookupError) as error:
        print(f"make up: {error}", file=sys.stderr)
        return 1


def _from_here(path: Path) -> Path:
    """The shortest way to write it down."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _chosen(choices: Choices, only: Sequence[str] | None) -> list[Process]:
    """The processes to start, after checking that their programs and ports are there."""
    require_free(choices.wanted_ports())
    every = platform_processes(choices.home, choices.ports(), choices.options)
    unknown = set(only or ()) - {process.name for process in every}
    if unknown:
        raise LookupError(
            f"no such process: {', '.join(sorted(unknown))}; there are {', '.join(p.name for p in every)}"
        )
    chosen = [process for process in every if only is None or process.name in only]
    require_tools(chosen)
    return chosen


if __name__ == "__main__":
    sys.exit(main())
