"""Processes killed with -9: nothing is lost, and what answers goes on answering."""

import os
import shutil
import signal
import time
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from scheduler_testing.scheduling import Api, Scheduling, http_task, never
from scheduler_testing.target import Target
from support.waiting import wait_until

soon = partial(wait_until, timeout_s=40)  # processes start slowly on a busy machine


def slots(api: Api, job_id: str) -> list[datetime]:
    found = api.executions(job=job_id, count=1000)
    return sorted(datetime.fromisoformat(each["scheduled_for"]) for each in found if each["cause"] == "schedule")


def test_a_worker_killed_in_mid_run_loses_nothing(own_platform: Scheduling, own_api: Api, target: Target) -> None:
    own_api.create(id="slow", trigger=never(), task=http_task(target.url))
    target.shut()
    execution = own_api.run("slow")
    soon(lambda: target.asked, what="the request")
    assert own_api.execution(execution)["state"] == "running"
    own_platform.kill("scheduler-worker")
    own_platform.start("scheduler-worker")
    soon(lambda: len(target.asked) == 2, what="the second attempt")
    target.open()

    done = own_api.wait(execution, "succeeded")
    assert done["attempts"] == 2
    assert {asked.key for asked in target.asked} == {execution}


def test_another_worker_takes_over_from_one_that_hangs(own_platform: Scheduling, own_api: Api, target: Target) -> None:
    own_api.create(id="slow", trigger=never(), task=http_task(target.url))
    target.shut()
    execution = own_api.run("slow")
    soon(lambda: target.asked, what="the request")
    pid = own_platform.pid("scheduler-worker")
    os.kill(pid, signal.SIGSTOP)
    own_platform.add_twin("scheduler-worker")
    soon(lambda: len(target.asked) == 2, what="the twin's attempt")
    target.open()
    done = own_api.wait(execution, "succeeded")
    os.kill(pid, signal.SIGCONT)

    # The one that hung finds that it is not its any more, and changes nothing.
    soon(
        lambda: (
            "execution_lost" in own_platform.last_lines("scheduler-worker")
            or "attempt_superseded" in own_platform.last_lines("scheduler-worker")
        ),
        what="the loss being noticed",
    )
    assert own_api.execution(execution) == done
    assert len(target.asked) == 2


def test_what_was_answered_is_recorded_when_the_kernel_is_back(
    own_platform: Scheduling, own_api: Api, target: Target
) -> None:
    own_api.create(id="slow", trigger=never(), task=http_task(target.url))
    target.shut()
    execution = own_api.run("slow")
    soon(lambda: target.asked, what="the request")
    own_platform.kill("data-kernel")
    target.open()
    soon(lambda: "end_not_recorded_yet" in own_platform.last_lines("scheduler-worker"), what="the failing record")
    own_platform.kill("scheduler-worker")  # and all that it knew is the checkpoint
    own_platform.start("data-kernel")
    own_platform.start("scheduler-worker")
    own_platform.wait_ready("data-kernel", "scheduler-worker")

    assert own_api.wait(execution, "succeeded")["attempts"] == 2
    assert len(target.asked) == 1


def test_a_standby_leads_within_five_seconds_and_no_slot_is_lost_or_doubled(
    own_platform: Scheduling, own_api: Api, target: Target
) -> None:
    own_api.create(id="tick", trigger={"type": "interval", "every_s": 1}, task=http_task(target.url))
    soon(lambda: len(slots(own_api, "tick")) >= 2, what="the first slots")
    twin = own_platform.add_twin("scheduler")
    own_platform.kill("scheduler")
    killed_at = time.monotonic()
    soon(lambda: "leadership_taken" in own_platform.last_lines(twin), what="the twin's lead")
    assert time.monotonic() - killed_at <= 5
    asked = len(target.asked)
    soon(lambda: len(target.asked) >= asked + 3, what="further slots")
    own_platform.start("scheduler")
    own_platform.wait_ready("scheduler")

    found = slots(own_api, "tick")
    assert all(later - earlier == timedelta(seconds=1) for earlier, later in pairwise(found))
    keys = [each.key for each in target.asked]
    assert len(keys) == len(set(keys))


def test_without_redis_the_api_answers_and_takes_jobs_and_all_comes_back_by_itself(
    own_platform: Scheduling, own_api: Api, target: Target
) -> None:
    own_api.create(id="tick", trigger={"type": "interval", "every_s": 1}, task=http_task(target.url))
    own_api.create(id="open", trigger=never(), task=http_task(f"{target.url}?open"))
    soon(lambda: len(target.asked) >= 2, what="the first slots")
    target.shut()
    execution = own_api.run("open")
    soon(lambda: any(asked.path.endswith("open") for asked in target.asked), what="the open request")
    own_platform.kill("redis")

    assert own_api.client.get("/jobs").status_code == 200
    assert own_api.execution(execution)["state"] == "claimed"
    own_api.create(id="late", trigger={"type": "interval", "every_s": 1}, task=http_task(f"{target.url}?late"))
    refused = own_api.client.post("/jobs/tick/run")
    assert refused.status_code == 503
    assert "retry-after" in refused.headers
    ready = own_api.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")

    shutil.rmtree(own_platform.home.path / "redis")  # not only away: all that it knew is lost
    own_platform.start("redis")
    target.open()
    own_platform.wait_ready("redis")
    before = len(target.asked)
    soon(lambda: any("late" in asked.path for asked in target.asked[before:]), what="the late job's run")
    soon(lambda: any(asked.path == "/hook" for asked in target.asked[before:]), what="the first job's run")
    own_api.wait(execution, "succeeded")
    found = slots(own_api, "tick")
    assert len(found) == len(set(found))


def test_a_worker_that_is_told_to_stop_hands_back_what_it_cannot_end(
    own_platform: Scheduling, own_api: Api, target: Target
) -> None:
    own_api.create(id="slow", trigger=never(), task=http_task(target.url), retries={"max": 0})
    target.shut()
    execution = own_api.run("slow")
    soon(lambda: target.asked, what="the request")
    assert own_platform.stop("scheduler-worker") == 0
    assert own_api.client.get("/workers").json()["workers"] == []
    own_platform.start("scheduler-worker")
    soon(lambda: len(target.asked) == 2, what="the second attempt")
    target.open()
    assert own_api.wait(execution, "succeeded")["attempts"] == 2
