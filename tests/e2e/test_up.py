"""`make up` as people run it: the real launcher and real processes, on free ports."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import psutil
import pytest
from support.launcher import LAUNCHER, all_gone, free_port_settings, launched
from support.waiting import wait_until

import home as home_module
from processes import ROOT, Home, Options, Ports, platform_processes

# Its backing processes alone start in a second; what is said of two of them holds for all.
BACKING = ("redis", "nats")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder whose path is hard for shells and configuration files, and longer than a socket's name may be."""
    folder = tmp_path / ("100% mine; #1 of 'many' \"names\" " + "x" * 80)
    folder.mkdir()
    return folder / ".oms"


@pytest.fixture
def ports() -> dict[str, str]:
    return free_port_settings()


def test_the_whole_platform_is_ready_and_stops_cleanly(home: Path, ports: dict[str, str]) -> None:
    with launched(home, ports) as launcher:
        launcher.wait_ready()
        for port in ports.values():
            assert f"127.0.0.1:{port}" in launcher.output
        for user in ("alice", "admin"):
            token = home / "tokens" / user
            # Below the folder that the launcher is started in, the path from there is shown.
            assert str(token.relative_to(ROOT) if token.is_relative_to(ROOT) else token) in launcher.output
            assert token.stat().st_mode & 0o777 == 0o600
        family = launcher.family()
        launcher.signal(signal.SIGINT)
        assert launcher.wait() == 0, launcher.output
        assert all_gone(family)
        assert "stopped in" in launcher.output


def test_the_callers_are_stopped_before_the_called(home: Path, ports: dict[str, str]) -> None:
    with launched(home, ports) as launcher:
        launcher.wait_ready()
        launcher.signal(signal.SIGTERM)
        assert launcher.wait() == 0, launcher.output
    lines = (home / "run" / "states.jsonl").read_text().splitlines()
    changes = [(line["process"], line["state"]) for line in map(json.loads, lines)]
    drain = [change for change in changes if change[1] in {"STOPPING", "STOPPED"}]
    numbered = Ports(**{field.name: number for number, field in enumerate(fields(Ports), start=1)})
    processes = platform_processes(Home(home), numbered, Options())
    order = [process.name for process in sorted(processes, key=lambda process: -process.drain_order)]
    assert (order[0], order[-3:]) == ("oms", ["data-kernel", "nats", "redis"])
    expected = [(name, state) for name in order for state in ("STOPPING", "STOPPED")]
    # supervisord may be gone before it has told its listener about the last one.
    assert drain[: len(expected) - 1] == expected[:-1]


def test_a_second_start_finds_the_data(home: Path, ports: dict[str, str]) -> None:
    with launched(home, ports, BACKING) as first:
        first.wait_ready()
        _redis(ports, b"SET kept 1\r\n")
        first.signal(signal.SIGINT)
        assert first.wait() == 0, first.output
    keys = (home / "keys" / "oms.key.pem").read_bytes()
    with launched(home, ports) as second:
        second.wait_ready()
        assert _redis(ports, b"GET kept\r\n").startswith(b"$1\r\n1")
    assert (home / "keys" / "oms.key.pem").read_bytes() == keys


def test_a_second_launcher_is_refused_in_one_line(home: Path, ports: dict[str, str]) -> None:
    with launched(home, ports, BACKING) as first:
        first.wait_ready()
        with launched(home, free_port_settings(), BACKING) as second:
            assert second.wait() == 1
            assert second.output.count("\n") == 1
            assert f"runs already with this data (pid {first.process.pid})" in second.output
        assert first.process.poll() is None


def test_a_taken_port_is_named_in_one_line(home: Path, ports: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with launched(home, {**ports, "DATA_KERNEL_GRPC_PORT": str(port)}, BACKING) as launcher:
            assert launcher.wait() == 1
            assert launcher.output.count("\n") == 1
            assert f"port {port} (DATA_KERNEL_GRPC_PORT) is in use" in launcher.output


def test_wrong_settings_are_named_one_line_each(home: Path) -> None:
    with launched(home, {"OMS_HTTP_PORT": "http", "USE_GATWAY": "off"}) as launcher:
        assert launcher.wait() == 2
        assert launcher.output.count("\n") == 2
        assert "USE_GATWAY: no setting has this name; USE_GATEWAY is meant?" in launcher.output
        assert "OMS_HTTP_PORT" in launcher.output


def test_a_killed_process_is_restarted_while_the_others_live(home: Path, ports: dict[str, str]) -> None:
    with launched(home, ports) as launcher:
        launcher.wait_ready()
        before = launcher.pids()
        assert {"oms", "data-kernel", "event-gateway", "embedding", "nats", "redis"} <= set(before)
        for name in ("data-kernel", "nats"):
            os.kill(launcher.pids()[name], signal.SIGKILL)
            wait_until(
                lambda name=name: launcher.pids().get(name) not in {None, before[name]}, 15, what=f"a new {name}"
            )
        after = launcher.pids()
        changed = {name for name in before if after.get(name) != before[name]}
        assert changed == {"data-kernel", "nats"}


def test_a_process_that_does_not_stay_up_ends_the_launch(home: Path, ports: dict[str, str]) -> None:
    with launched(home, {**ports, "UP_MAX_STARTS": "2"}, BACKING) as launcher:
        launcher.wait_ready()
        family = launcher.family()
        first = launcher.pids()["redis"]
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: launcher.pids().get("redis") not in {None, first}, 15, what="a second redis")
        os.kill(launcher.pids()["redis"], signal.SIGKILL)
        assert launcher.wait() == 1
        assert "redis does not stay up: gave up after 2 starts within 60 s; its last lines:" in launcher.output
        assert "Ready to accept connections" in launcher.output.split("its last lines:")[1]
        assert all_gone(family)


def test_nothing_outlives_a_killed_launcher(home: Path, ports: dict[str, str]) -> None:
    with launched(home, ports) as launcher:
        launcher.wait_ready()
        family = launcher.family()
        launcher.signal(signal.SIGKILL)
        launcher.wait()
        wait_until(lambda: all_gone(family), 25, what="the end of every process")


def test_nothing_outlives_a_killed_supervisor(home: Path, ports: dict[str, str]) -> None:
    with launched(home, ports, BACKING) as launcher:
        launcher.wait_ready()
        family = launcher.family()
        os.kill(launcher.pids()["supervisord"], signal.SIGKILL)
        assert launcher.wait() == 1
        assert "supervisord ended by itself" in launcher.output
        wait_until(lambda: all_gone(family), 10, what="the end of every process")


def test_down_stops_the_launcher_and_waits(home: Path, ports: dict[str, str]) -> None:
    with launched(home, ports, BACKING) as launcher:
        launcher.wait_ready()
        family = launcher.family()
        stopped = _down(home)
        assert (stopped.returncode, stopped.stdout) == (0, "stopped\n")
        assert all_gone([process for process in family if process.pid != launcher.process.pid])
        assert launcher.wait(5) == 0
    again = _down(home)
    assert (again.returncode, again.stdout) == (0, "nothing runs with this data\n")


def test_a_lock_that_a_killed_launcher_left_blocks_nobody(home: Path) -> None:
    folder = home_module.Home(home)
    with home_module.owned(folder):
        (home / "up.pid").write_text(f"{psutil.Process().ppid()}\n")
        assert home_module.is_owned(folder)
    assert not home_module.is_owned(folder)


def _down(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(LAUNCHER.with_name("down.py"))],
        env={**os.environ, "OMS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _redis(ports: dict[str, str], command: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", int(ports["REDIS_PORT"])), timeout=5) as connection:
        connection.sendall(command)
        return connection.recv(100)
