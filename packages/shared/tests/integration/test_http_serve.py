"""The server in a process of its own: its port, its signals, its exit status."""

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from shared.security import make_user_token_secret

PROGRAM = textwrap.dedent(
    """
    import asyncio
    from contextlib import asynccontextmanager
    from fastapi import APIRouter
    from shared.http import Health, build_app
    from shared.http.serve import serve
    from shared.security import build_authenticator
    from shared.settings import ServiceSettings, load
    from shared.telemetry import configure

    class Settings(ServiceSettings):
        service_name = "oms"

    router = APIRouter()

    @router.get("/slow")
    async def slow():
        print("slow_started", flush=True)
        await asyncio.sleep(0.3)
        return {"done": True}

    @asynccontextmanager
    async def lifespan(_):
        yield
        print("lifespan_ended", flush=True)

    async def answers():
        pass

    settings = load(Settings)
    app = build_app(
        title="oms", settings=settings, authenticator=build_authenticator(settings),
        health=Health("oms", {}, answers), lifespan=lifespan, routers=[router],
        telemetry=configure(settings), open_paths=["/slow"],
    )
    serve(app, settings)
    """
)


class Server:
    """A process whose output is read line by line."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def line_with(self, text: str) -> str:
        assert self.process.stdout is not None
        return next(line for line in self.process.stdout if text in line)

    def end(self) -> tuple[int, str, str]:
        output, errors = self.process.communicate(timeout=20)
        return self.process.returncode, output, errors


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    secret = tmp_path / "jwt.secret"
    make_user_token_secret(secret)
    return {"PATH": os.environ["PATH"], "ENV": "dev", "JWT_SECRET_FILE": str(secret)}


@pytest.fixture
def server(environ) -> Iterator[Server]:
    started = Server(environ)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.communicate()


def url_of(server: Server) -> str:
    found = re.search(r"port=(\d+)", server.line_with("http_server_started"))
    assert found is not None
    return f"http://127.0.0.1:{found[1]}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_end_and_the_exit_status_is_0(server, number):
    url = url_of(server)
    answers: list[httpx2.Response] = []
    request = threading.Thread(target=lambda: answers.append(httpx2.get(f"{url}/slow", trust_env=False)))
    request.start()
    server.line_with("slow_started")
    server.process.send_signal(number)
    request.join(20)
    status, output, errors = server.end()
    assert [answer.json() for answer in answers] == [{"done": True}]
    assert (status, errors) == (0, "")
    assert "lifespan_ended" in output
    assert "Traceback" not in output


def test_each_request_is_one_line(server):
    url = url_of(server)
    answer = httpx2.get(f"{url}/nowhere", trust_env=False)
    assert answer.status_code == 401
    line = server.line_with("http_request")
    assert re.search(r"status=401", line)
    assert answer.json()["trace_id"] in line


def test_a_taken_port_ends_the_process_with_one_line(environ):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, errors = Server(environ | {"HTTP_PORT": str(port)}).end()
    assert status == 1
    assert errors == f"HTTP_PORT: cannot listen on 127.0.0.1 port {port}: Address already in use\n"
