"""The kernel as a process of its own on free ports, and callers with tokens and proofs."""

import itertools
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import httpx2
from data_kernel_testing.waiting import until

from shared.security import ServiceSigner, issue_user_token, make_service_keys, make_user_token_secret

AUDIENCE = "data-kernel"
MOVIE = {
    "@type": "Class",
    "@id": "Movie",
    "@key": {"@type": "Lexical", "@fields": ["title"]},
    "title": "xsd:string",
    "year": {"@type": "Optional", "@class": "xsd:integer"},
    "notes": {"@type": "Optional", "@class": "xsd:string"},
}


class KernelProcess:
    """`module` is what `python -m` runs; `settings` are further environment variables."""

    def __init__(self, folder: Path, module: str = "data_kernel.main", **settings: str) -> None:
        self.folder = folder
        self.log = folder / "kernel.log"
        self.traces_file = folder / "traces.jsonl"
        self._keys = folder / "keys"
        self._module = module
        self._secret = make_user_token_secret(self._keys / "jwt.secret")
        make_service_keys(self._keys, ["oms", "embedding", AUDIENCE])
        self._environ = {
            "PATH": os.environ["PATH"],
            "ENV": "dev",
            "JWT_SECRET_FILE": str(self._keys / "jwt.secret"),
            "SERVICE_PUBLIC_KEYS": str(self._keys / "public"),
            "SERVICE_KEY_FILE": str(self._keys / f"{AUDIENCE}.key.pem"),
            "HTTP_PORT": "0",
            "GRPC_PORT": "0",
            "GRPC_GRACE_S": "1",
            "STORE_PATH": str(folder / "store.db"),
            "TRACES_FILE": str(self.traces_file),
            **settings,
        }
        self._databases = itertools.count(1)
        self._started_at = 0
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start without waiting for anything."""
        self._started_at = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", self._module]
            self.process = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log)
        return self.process

    def start(self) -> None:
        """Start and wait until every door is open."""
        self.spawn()
        if self._module == "data_kernel.main":
            self.http_port = self._port("http_server_started")
        if self._environ.get("USE_GRPC") != "false":
            self.grpc_port = self._port("grpc_server_started")

    def kill(self) -> None:
        """As a crash: SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """As an operator: SIGTERM; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=20)
        self.process = None
        return status

    @property
    def environ(self) -> dict[str, str]:
        """The environment that it runs in."""
        return dict(self._environ)

    def output(self) -> str:
        """What the last start has written so far."""
        return self.log.read_bytes()[self._started_at :].decode()

    def credentials(self, subject: str = "alice", service: str = "oms", roles: tuple[str, ...] = ()) -> dict[str, str]:
        """Headers or metadata of a user who calls through a service; an empty `subject` is the service alone."""
        headers = {}
        if service:
            proof = ServiceSigner(service, self._keys / f"{service}.key.pem").proof(AUDIENCE)
            headers["x-service-authorization"] = proof
        if subject:
            headers["authorization"] = f"Bearer {issue_user_token(self._secret, subject, roles)}"
        return headers

    @contextmanager
    def http(self, subject: str = "alice", service: str = "oms") -> Iterator[httpx2.Client]:
        url = f"http://127.0.0.1:{self.http_port}"
        with httpx2.Client(base_url=url, headers=self.credentials(subject, service), timeout=30) as client:
            yield client

    @contextmanager
    def channel(self) -> Iterator[grpc.Channel]:
        with grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}") as channel:
            yield channel

    def metadata(self, subject: str = "alice", service: str = "oms", **more: str) -> tuple[tuple[str, str], ...]:
        """Metadata of a call; an underscore in the further keys stands for `-`."""
        given = {key.replace("_", "-"): value for key, value in more.items()}
        return tuple((self.credentials(subject, service) | given).items())

    def new_database(self) -> str:
        """A database of one's own with `dev/oms/main` and the class Movie on it."""
        database = f"db{next(self._databases)}"
        with self.http() as http:
            assert http.post(f"/db/{database}").status_code == 201
            assert http.post(f"/db/{database}/branches", json={"branch": "main"}).status_code == 201
            assert http.put(f"/db/{database}/schema", json=MOVIE).status_code == 200
        return database

    def metric(self, name: str) -> float:
        """The sum of a metric's samples."""
        with self.http() as http:
            text = http.get("/metrics").text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line))

    def _port(self, event: str) -> int:
        def found() -> int | None:
            assert self.process is not None
            assert self.process.poll() is None, self.output()
            match = re.search(rf"event={event} .*port=(\d+)", self.output())
            return int(match.group(1)) if match else None

        return until(found, f"{event} in the log")
