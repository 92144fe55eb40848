"""Jobs through the monolith, in each position of the flag."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from support.platform import Platform
from support.waiting import wait_until

POSITIONS = {
    "off": ["redis", "nats", "data-kernel", "event-gateway", "oms"],
    "on": ["redis", "nats", "data-kernel", "event-gateway", "scheduler", "scheduler-worker", "oms"],
}


@pytest.fixture(scope="module", params=POSITIONS, ids=lambda value: f"scheduler-{value}")
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    environment = {"oms": {"USE_SCHEDULER_MS": request.param}}
    folder = tmp_path_factory.mktemp("oms")
    with Platform(folder, only=POSITIONS[request.param], environment=environment) as started:
        started.wait_ready()
        yield started


@pytest.fixture
def alice(platform: Platform) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=platform.oms_url, headers=platform.authorization(), timeout=30) as client:
        yield client


def spec(**members: Any) -> dict[str, Any]:
    return {
        "name": "Tell",
        "trigger": {"type": "interval", "every_s": 1},
        "task": {"type": "event", "event_type": "io.oms.test.v1", "data": {"n": 1}},
        **members,
    }


def ended(alice: httpx2.Client, job_id: str) -> list[dict[str, Any]]:
    answer = alice.get("/api/v1/executions", params={"job": job_id})
    assert answer.status_code == 200, answer.text
    return [each for each in answer.json()["executions"] if each["state"] == "succeeded"]


def test_a_job_is_made_fires_and_goes(alice: httpx2.Client) -> None:
    made = alice.post("/api/v1/jobs", json=spec(id="tick"))
    assert made.status_code == 201, made.text
    assert (made.json()["id"], made.json()["state"], made.json()["owner"]) == ("tick", "active", made.json()["owner"])
    assert made.json()["owner"].startswith("alice@")
    first, *_ = wait_until(lambda: ended(alice, "tick"), 30, what="an execution")
    assert (first["cause"], first["attempts"]) == ("schedule", 1)
    assert alice.get("/api/v1/jobs/tick").json()["name"] == "Tell"
    assert "tick" in [each["id"] for each in alice.get("/api/v1/jobs").json()["jobs"]]
    assert alice.delete("/api/v1/jobs/tick").status_code == 204
    assert alice.get("/api/v1/jobs/tick").status_code == 404
    assert alice.delete("/api/v1/jobs/tick").status_code == 404


def test_a_job_without_an_id_gets_one_and_runs_when_it_is_told_to(alice: httpx2.Client) -> None:
    made = alice.post("/api/v1/jobs", json=spec(trigger={"type": "cron", "expression": "0 0 1 1 *"}))
    assert made.status_code == 201, made.text
    job_id = made.json()["id"]
    run = alice.post(f"/api/v1/jobs/{job_id}/run")
    assert run.status_code == 202, run.text
    (execution,) = wait_until(lambda: ended(alice, job_id), 30, what="the run")
    assert (execution["id"], execution["cause"]) == (run.json()["id"], "manual")
    again = alice.post("/api/v1/jobs", json=spec(id=job_id))
    assert (again.status_code, again.json()["reason"]) == (409, "ALREADY_EXISTS")


def test_a_bad_job_is_refused_with_its_field(alice: httpx2.Client) -> None:
    for wrong in (spec(trigger={"type": "cron", "expression": "61 * * * *"}), spec(task={"type": "dance"}), {}):
        refused = alice.post("/api/v1/jobs", json=wrong)
        assert (refused.status_code, refused.json()["reason"]) == (422, "VALIDATION_FAILED"), refused.text
        assert refused.json()["violations"]
    assert alice.post("/api/v1/jobs", json=[]).status_code == 400


def test_without_its_service_jobs_alone_are_away(platform: Platform, alice: httpx2.Client) -> None:
    if "scheduler" not in platform.names:
        pytest.skip("the legacy scheduler answers in this position")
    platform.kill("scheduler")
    try:
        answer = alice.get("/api/v1/jobs")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert alice.get("/api/v1/object-types").status_code == 200
    finally:
        platform.start("scheduler")
        platform.wait_ready("scheduler")
    wait_until(lambda: alice.get("/api/v1/jobs").status_code == 200, 30, what="jobs again")
