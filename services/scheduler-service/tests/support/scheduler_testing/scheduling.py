"""A real scheduler with its worker, kernel and Redis, with short leases, and what tests ask of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
from support.platform import Platform
from support.waiting import wait_until

LEASES = {"SCHEDULER_LEASE_S": "1.5", "SCHEDULER_RESYNC_S": "2", "SCHEDULER_WORKER_LEASE_S": "2"}
PARTS = ("redis", "data-kernel", "scheduler", "scheduler-worker")
TWIN_PORTS = {"HTTP_PORT": "0", "GRPC_PORT": "0"}


class Scheduling(Platform):
    """A platform with a client for the scheduler; a twin is a second process of one kind."""

    def __init__(self, folder: Path, *, parts: tuple[str, ...] = PARTS, **settings: str) -> None:
        told = {**LEASES, **settings}
        super().__init__(folder, only=parts, environment=dict.fromkeys(("scheduler", "scheduler-worker"), told))

    def add_twin(self, of: str) -> str:
        """Start a second process of that kind, on ports of its own choosing."""
        name = f"{of}-twin"
        process = self._processes[of]
        self._processes[name] = replace(process, name=name, environment={**process.environment, **TWIN_PORTS})
        self.start(name)
        wait_until(lambda: "http_server_started" in self.log_path(name).read_text(), 30, what="the twin's start")
        return name

    @contextmanager
    def client(self, user: str = "alice") -> Iterator[httpx2.Client]:
        headers = self.authorization(user)
        with httpx2.Client(base_url=self.scheduler_url, headers=headers, timeout=20, trust_env=False) as client:
            yield client


class Api:
    """Short ways to say what tests say often."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client = client

    def create(self, **spec: Any) -> dict[str, Any]:
        response = self.client.post("/jobs", json={"name": "test", **spec})
        assert response.status_code == 201, response.text
        return dict(response.json())

    def run(self, job_id: str) -> str:
        response = self.client.post(f"/jobs/{job_id}/run")
        assert response.status_code == 202, response.text
        return str(response.json()["id"])

    def execution(self, execution_id: str) -> dict[str, Any]:
        response = self.client.get(f"/executions/{execution_id}")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def executions(self, **asked: Any) -> list[dict[str, Any]]:
        response = self.client.get("/executions", params=asked)
        assert response.status_code == 200, response.text
        return list(response.json()["executions"])

    def wait(self, execution_id: str, state: str, timeout_s: float = 40) -> dict[str, Any]:
        def reached() -> dict[str, Any] | None:
            execution = self.execution(execution_id)
            return execution if execution["state"] == state else None

        return wait_until(reached, timeout_s, what=f"{execution_id} {state}")


def never() -> dict[str, Any]:
    """A trigger that does not fire while a test runs."""
    return {"type": "interval", "every_s": 86_400}


def http_task(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "http", "url": url, **more}
