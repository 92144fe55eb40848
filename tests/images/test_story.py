"""What the README tells is true of the containers too, and they keep what they were given."""

import subprocess
import sys

import httpx2
import pytest
from support.session import ROOT, run_session
from support.stack import Stack, run


@pytest.fixture(scope="module")
def told(stack: Stack) -> list[tuple[str, str, str]]:
    """Every step of the session, run once."""
    subscribe = f"subscribe.py --gateway {stack.address('EVENT_GATEWAY_GRPC')} --token {stack.secrets}/tokens/alice"
    here = {
        "localhost:8000": stack.address("OMS_HTTP"),
        "localhost:8080": stack.address("DATA_KERNEL_HTTP"),
        ".oms/": f"{stack.secrets}/",
        "subscribe.py": subscribe,
        ".venv/bin/python": sys.executable,
    }
    return list(run_session(here))


def test_the_session_does_what_it_says(told: list[tuple[str, str, str]]) -> None:
    assert len(told) > 5
    for command, expected, printed in told:
        assert printed == expected, command


def test_a_stop_drains_and_what_was_committed_stays(stack: Stack, told: list[tuple[str, str, str]]) -> None:
    for service in ("oms-monolith", "data-kernel", "event-gateway"):
        run(["docker", "stop", "--time", "20", stack.container(service)])
        assert stack.containers()[service]["State"]["ExitCode"] == 0
    stack.compose("up", "-d", "--force-recreate")
    stack.wait_ready()
    headers = {"Authorization": f"Bearer {stack.token('alice')}"}
    kept = httpx2.get(f"http://{stack.address('OMS_HTTP')}/api/v1/objects/Movie/Alien", headers=headers)
    assert kept.json() == {"@id": "Movie/Alien", "@type": "Movie", "title": "Alien", "year": 1980}


def test_the_demo(stack: Stack) -> None:
    command = [sys.executable, "-m", "examples.demo", "--home", str(stack.secrets)]
    command += ["--oms", f"http://{stack.address('OMS_HTTP')}", "--gateway", stack.address("EVENT_GATEWAY_GRPC")]
    command += ["--kernel", f"http://{stack.address('DATA_KERNEL_HTTP')}"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert told.returncode == 0, told.stdout + told.stderr
