"""The gateway as a process of its own, on ports that it keeps through restarts, and callers with keys."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx2

from event_gateway_testing.nats_process import free_port, wait_for_port
from event_gateway_testing.waiting import until
from shared.grpc.channel import open_channel
from shared.grpc.generated.event_gateway.v1.event_gateway_pb2_grpc import EventGatewayServiceStub
from shared.http.client import open_http_client
from shared.security import ServiceSigner, make_service_keys, make_user_token_secret

AUDIENCE = "event-gateway"


class GatewayProcess:
    def __init__(self, folder: Path, nats_url: str, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        keys = folder / "keys"
        make_service_keys(keys, ["data-kernel", "embedding", AUDIENCE])
        make_user_token_secret(keys / "jwt.secret")
        self._keys = keys
        self._log = folder / "gateway.log"
        self.traces_file = folder / "traces.jsonl"
        self.http_port, self.grpc_port = free_port(), free_port()
        self.http_url = f"http://127.0.0.1:{self.http_port}"
        self._environ = {
            "PATH": os.environ["PATH"],
            "ENV": "dev",
            "JWT_SECRET_FILE": str(keys / "jwt.secret"),
            "SERVICE_PUBLIC_KEYS": str(keys / "public"),
            "HTTP_PORT": str(self.http_port),
            "GRPC_PORT": str(self.grpc_port),
            "NATS_URL": nats_url,
            "NATS_TIMEOUT_S": "1",
            "GRPC_GRACE_S": "1",
            "SPOOL_FILE": str(folder / "spool.sqlite"),
            "TRACES_FILE": str(self.traces_file),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "event_gateway.main"]
            self._process = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log)
        # The HTTP port is bound before anything is built; gRPC listens when everything is.
        wait_for_port(self.grpc_port)

    def kill(self) -> None:
        """As a crash: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """As an operator: SIGTERM; the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(timeout=20)
        self._process = None
        return status

    def signer(self, service: str = "data-kernel") -> ServiceSigner:
        return ServiceSigner(service, self._keys / f"{service}.key.pem")

    @asynccontextmanager
    async def stub(self, service: str = "data-kernel") -> AsyncIterator[Any]:
        async with open_channel(
            f"127.0.0.1:{self.grpc_port}", audience=AUDIENCE, signer=self.signer(service)
        ) as channel:
            # gRPC shares connections and their back-off between the channels of a process, a restart's too.
            await channel.channel_ready()
            yield EventGatewayServiceStub(channel)

    @asynccontextmanager
    async def http(self) -> AsyncIterator[httpx2.AsyncClient]:
        client = open_http_client(self.http_url, audience=AUDIENCE, signer=self.signer())
        try:
            yield client
        finally:
            await client.aclose()

    def bare_channel(self) -> grpc.aio.Channel:
        """A channel without any of the platform's client side."""
        return grpc.aio.insecure_channel(f"127.0.0.1:{self.grpc_port}")

    async def readiness(self) -> dict[str, Any]:
        async with httpx2.AsyncClient(base_url=self.http_url, trust_env=False) as client:
            return dict((await client.get("/readyz")).json())

    async def wait_ready(self) -> None:
        """Until every dependency answers."""

        async def is_ok() -> bool:
            return bool((await self.readiness())["status"] == "ok")

        await until(is_ok)

    async def metrics(self) -> str:
        async with httpx2.AsyncClient(base_url=self.http_url, trust_env=False) as client:
            return (await client.get("/metrics")).text

    def spans(self, trace_id: str) -> dict[str, dict[str, Any]]:
        """The server's and the producer's span of a trace by kind; empty while one is missing."""
        lines = self.traces_file.read_text().splitlines() if self.traces_file.exists() else []
        found = [span for span in map(json.loads, lines) if span["trace_id"] == trace_id]
        by_kind = {span["kind"]: span for span in found if span["kind"] in ("SERVER", "PRODUCER")}
        return by_kind if len(by_kind) == 2 else {}

    def log(self) -> str:
        return self._log.read_text()
