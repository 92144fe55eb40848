"""What rows measure on: real processes on free ports, and generators in processes of their own."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.platform import Platform
from support.waiting import wait_until

from bench.load.closed_loop import Load
from bench.load.request import Request

ROOT = Path(__file__).resolve().parents[1]
GRPC, HTTPX, AIOHTTP = "bench.load.grpc_unary", "bench.load.http_httpx", "bench.load.http_aiohttp"
QUIET = {"LOG_LEVEL": "WARNING"}
_LIMIT_S = 240.0


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for the time of the block, on the disk that the platform itself would use."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / ".oms" if (ROOT / ".oms").is_dir() else ROOT) as name:
        yield Path(name)


@contextmanager
def kernel() -> Iterator[Platform]:
    """A kernel by itself."""
    with (
        folder() as own,
        Platform(own, only=["data-kernel"], environment={"data-kernel": QUIET}, traces=False) as platform,
    ):
        platform.wait_ready()
        yield platform


def store_file(platform: Platform) -> Path:
    """Where the platform's kernel has its store, for a measurement that fills it before the kernel starts."""
    return platform.home.path / "data-kernel" / "store.db"


@contextmanager
def yardstick(module: str) -> Iterator[int]:
    """A yardstick's server; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-m", module, str(port)], cwd=ROOT)
    try:
        wait_until(lambda: _listens(port), what=f"readiness of {module}")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def load(generator: str, request: Request) -> Load:
    """Run a generator; what it could not do is raised with its last words."""
    with saved(request) as file:
        return run_generator(generator, file)


@contextmanager
def saved(request: Request) -> Iterator[str]:
    """The path of a file with the request, for the time of the block."""
    with tempfile.TemporaryDirectory(prefix="bench-request-") as name:
        file = Path(name) / "request.json"
        file.touch(mode=0o600)  # a token may stand in it
        request.save(file)
        yield str(file)


def run_generator(module: str, *arguments: str) -> Load:
    """Run a generator with arguments of its own."""
    return Load(**run_module(module, *arguments))


def run_module(module: str, *arguments: str) -> dict[str, Any]:
    """Run a measurement in a process of its own; gives the figures of its last line, which is JSON."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_LIMIT_S,
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
