"""The platform in containers, as the compose file says, under a project name and on ports of its own."""

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from support.waiting import wait_until

from ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = ROOT / "deploy/compose/docker-compose.yml"
_PORTS = (
    "OMS_HTTP_PORT",
    "DATA_KERNEL_HTTP_PORT",
    "DATA_KERNEL_GRPC_PORT",
    "EVENT_GATEWAY_HTTP_PORT",
    "EVENT_GATEWAY_GRPC_PORT",
    "EMBEDDING_HTTP_PORT",
    "EMBEDDING_GRPC_PORT",
    "SCHEDULER_HTTP_PORT",
    "SCHEDULER_GRPC_PORT",
)
_BUILD_S = 1500.0
_COMMAND_S = 180.0
_READY_S = 120.0


class CommandFailed(AssertionError):
    """A command of Docker did not succeed; the message is the end of what it printed."""


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None, timeout_s: float = _COMMAND_S) -> str:
    """What the command prints to stdout; raises CommandFailed."""
    done = _run(command, environment or {}, timeout_s)
    if done.returncode:
        raise CommandFailed(
            f"{' '.join(command[:4])} …: status {done.returncode}\n{(done.stdout + done.stderr)[-4000:]}"
        )
    return done.stdout


def fails(command: Sequence[str]) -> tuple[int, str]:
    """The status of a command that must not succeed, and what it prints; raises AssertionError where it does."""
    done = _run(command, {}, _COMMAND_S)
    assert done.returncode, f"{' '.join(command)} succeeded"
    return done.returncode, done.stdout + done.stderr


def _run(command: Sequence[str], environment: Mapping[str, str], timeout_s: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=COMPOSE_FILE.parent,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )


def compose_command() -> list[str]:
    """`docker compose`, or docker-compose 1.29 where that is what there is."""
    plugin = _run(["docker", "compose", "version"], {}, _COMMAND_S)
    if plugin.returncode == 0:
        return ["docker", "compose"]
    found = shutil.which("docker-compose")
    assert found, "neither `docker compose` nor docker-compose is installed"
    return [found]


class Stack:
    """Builds the images, starts the containers, and takes all of it down again, volumes too."""

    def __init__(self, secrets: Path, *, project: str = "oms-images-test") -> None:
        self.secrets = secrets
        self.project = project
        self.ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self._compose = [*compose_command(), "-f", str(COMPOSE_FILE), "-p", project]
        self._environment = {
            "COMPOSE_PROFILES": "",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "",
            "OMS_TAG": "test",
            "SECRETS_FOLDER": str(secrets),
            **{name: str(port) for name, port in self.ports.items()},
        }

    def __enter__(self) -> Self:
        self.down()  # what an interrupted run has left
        try:
            self.compose("build", timeout_s=_BUILD_S)
            self.compose("up", "-d")
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def compose(self, *arguments: str, timeout_s: float = _COMMAND_S) -> str:
        """Run compose over this stack."""
        return run([*self._compose, *arguments], environment=self._environment, timeout_s=timeout_s)

    def down(self) -> None:
        """Remove the containers, networks and volumes."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")

    def wait_ready(self) -> None:
        """Wait until every service that publishes HTTP says that it and all that it depends on are well.

        Raises AssertionError with what the containers have printed last.
        """
        for name, port in self.ports.items():
            if name.endswith("_HTTP_PORT") and self._is_published(port):
                try:
                    wait_until(partial(_is_ready, port), _READY_S, what=f"{name.removesuffix('_HTTP_PORT')} ready")
                except AssertionError as error:
                    raise AssertionError(f"{error}\n{self.compose('logs', '--tail', '10')}") from None

    def _is_published(self, port: int) -> bool:
        return any(str(port) in json.dumps(each["HostConfig"]["PortBindings"]) for each in self.containers().values())

    def containers(self) -> dict[str, dict[str, Any]]:
        """What `docker inspect` says of each container, by service."""
        listed = run(["docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}"]).split()
        inspected = json.loads(run(["docker", "inspect", *listed])) if listed else []
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in inspected}

    def container(self, service: str) -> str:
        """The container's id."""
        return str(self.containers()[service]["Id"])

    def network(self, name: str) -> str:
        """The full name of a network of the file."""
        return f"{self.project}_{name}"

    def address(self, service: str) -> str:
        """`127.0.0.1:port` by which the host reaches a port, such as `OMS_HTTP`."""
        return f"127.0.0.1:{self.ports[f'{service}_PORT']}"

    def token(self, user: str) -> str:
        """A development token."""
        return (self.secrets / "tokens" / user).read_text(encoding="utf-8")


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return json.load(answer)["status"] == "ok"
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
