"""The tests' own platform: what it starts it can kill, restart and stop, and nothing outlives the test process."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from support.launcher import all_gone
from support.platform import Platform
from support.waiting import wait_until

_START_AND_WAIT = """
import json, signal, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[2])
from support.platform import Platform
with Platform(Path(sys.argv[1]), only=["redis", "nats"]) as platform:
    platform.wait_ready()
    print(json.dumps([platform.pid(name) for name in platform.names]), flush=True)
    signal.pause()
"""


def test_a_process_is_killed_and_restarted_on_its_port(tmp_path: Path) -> None:
    with Platform(tmp_path / "home", only=["redis"]) as platform:
        platform.wait_ready()
        first = platform.pid("redis")
        platform.kill("redis")
        assert not platform.is_running("redis")
        platform.restart("redis")
        assert platform.pid("redis") != first
        assert f"port={platform.ports.redis}" in platform.last_lines("redis")
        assert platform.stop("redis") == 0


def test_one_that_ends_before_it_is_ready_fails_with_its_last_lines(tmp_path: Path) -> None:
    wrong = {"data-kernel": {"STORE_TIMEOUT_S": "soon"}}
    with (
        Platform(tmp_path / "home", only=["data-kernel"], environment=wrong) as platform,
        pytest.raises(AssertionError, match="STORE_TIMEOUT_S"),
    ):
        platform.wait_ready()


def test_nothing_outlives_a_test_process_that_is_killed(tmp_path: Path) -> None:
    arguments = [str(tmp_path / "home"), json.dumps(sys.path)]
    with subprocess.Popen([sys.executable, "-c", _START_AND_WAIT, *arguments], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        started = [psutil.Process(pid) for pid in json.loads(child.stdout.readline())]
        assert len(started) == 2
        child.kill()
    wait_until(lambda: all_gone(started), 10, what="the end of its processes")
