"""Jobs and executions through both doors and the client, over a real kernel and Redis."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from scheduler_testing.scheduling import Api, Scheduling, http_task, never
from scheduler_testing.target import Target
from support.waiting import eventually, wait_until

from shared.clients.scheduler import ExecutionState, SchedulerClient
from shared.clients.terminus_gateway import TerminusGatewayClient
from shared.context import CallContext, use
from shared.errors import AlreadyExists, NotFound, Reason, ValidationFailed
from shared.security import ServiceSigner

BRANCH = "dev/scheduler/main"


@pytest.fixture(params=[True, False], ids=["grpc", "http"])
async def client(request: pytest.FixtureRequest, platform: Scheduling) -> AsyncIterator[SchedulerClient]:
    signer = ServiceSigner("oms", platform.home.keys / "oms.key.pem")
    opened = SchedulerClient(
        platform.scheduler_grpc, http_url=platform.scheduler_url, use_grpc=request.param, signer=signer
    )
    with use(CallContext(bearer_token=platform.token("alice"))):
        yield opened
    await opened.close()


async def test_the_life_of_a_job(client: SchedulerClient, target: Target) -> None:
    job = await client.create_job(
        {"name": "life", "trigger": never(), "task": http_task(target.url, body={"exact": 1}), "labels": {"a": "b"}}
    )
    assert job.owner == "alice@oms"
    assert job.next_fire_at is not None
    assert await client.get_job(job.id) == job
    assert job.id in [each.id for each in await client.list_jobs(label="a=b")]
    assert [each.id for each in await client.list_jobs(label="a=c")] == []

    execution = await client.run_job(job.id)
    assert execution.cause == "manual"

    async def ended() -> bool:
        return (await client.get_execution(execution.id)).state is ExecutionState.SUCCEEDED

    await eventually(ended, 30)
    told = await client.get_execution(execution.id)
    assert told.result == {"status": 200, "answer_bytes": 2}
    assert (told.attempts, told.reason, told.job_id) == (1, "", job.id)
    assert told.started_at is not None
    assert [each.id for each in await client.list_executions(job_id=job.id)] == [execution.id]
    assert await client.list_executions(job_id=job.id, state=ExecutionState.DEAD) == []
    assert target.asked[0].body == b'{"exact":1}'

    paused = await client.pause_job(job.id)
    assert (paused.paused, paused.next_fire_at, paused.revision) == (True, None, 2)
    assert not (await client.resume_job(job.id)).paused
    changed = await client.update_job(job.id, {"name": "afterlife", "labels": {"a": None}})
    assert isinstance(changed.spec, dict)
    assert (changed.spec["name"], changed.spec["labels"], changed.revision) == ("afterlife", {}, 4)
    assert len(await client.preview(job.id, 3)) == 3
    again = await client.retry_execution(execution.id)
    assert (again.cause, again.repeats) == ("retry", execution.id)
    assert [worker.alive for worker in await client.list_workers()] == [True]
    await client.delete_job(job.id)
    with pytest.raises(NotFound):
        await client.get_job(job.id)
    assert (await client.get_execution(execution.id)).id == execution.id


async def test_errors_are_the_same_through_both_doors(client: SchedulerClient, target: Target) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await client.create_job({"name": "bad", "trigger": {"type": "cron", "expression": "x"}, "task": {"type": "x"}})
    assert {each.path for each in refused.value.violations} == {"/trigger", "/task/type"}
    job = await client.create_job({"name": "good", "trigger": never(), "task": http_task(target.url)})
    with pytest.raises(AlreadyExists):
        await client.create_job({"id": job.id, "name": "good", "trigger": never(), "task": http_task(target.url)})
    for ask in (client.run_job, client.pause_job, client.delete_job, client.preview):
        missing: Callable[[str], Any] = ask
        with pytest.raises(NotFound):
            await missing("nobody")
    execution = await client.run_job(job.id)
    with pytest.raises(Exception, match="dead letter") as conflict:
        await client.replay_dead_letter(execution.id)
    assert conflict.value.reason is Reason.PRECONDITION_FAILED


async def test_health_and_reflection_answer_for_the_service(platform: Scheduling) -> None:
    async with grpc.aio.insecure_channel(platform.scheduler_grpc) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service="scheduler.v1.SchedulerService")
        )
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_everything_but_the_probes_wants_a_token(platform: Scheduling, api: Api) -> None:
    bare = {"Authorization": ""}
    for path in ("/jobs", "/executions", "/dead-letters", "/workers"):
        assert api.client.get(path, headers=bare).status_code == 401
    for path in ("/healthz", "/readyz", "/liveness", "/metrics"):
        assert api.client.get(path, headers=bare).status_code == 200


def test_an_interval_fires_on_its_slots_and_each_is_three_commits_at_most(
    platform: Scheduling, api: Api, target: Target
) -> None:
    api.create(id="tick", trigger={"type": "interval", "every_s": 1}, task=http_task(target.url))
    wait_until(lambda: len(target.asked) >= 3, 30, what="three runs")
    api.client.delete("/jobs/tick")
    found = api.executions(job="tick", state="succeeded")
    assert len(found) >= 3
    for execution in found:
        due = datetime.fromisoformat(execution["scheduled_for"])
        assert datetime.fromisoformat(execution["claimed_at"]) >= due
    keys = [asked.key for asked in target.asked]
    assert len(set(keys)) == len(keys)
    assert {execution["id"] for execution in found} <= set(keys)


async def test_commits_tell_who_wanted_what(platform: Scheduling, api: Api, target: Target) -> None:
    api.create(id="attributed", trigger=never(), task=http_task(target.url))
    execution = api.run("attributed")
    api.wait(execution, "succeeded")
    signer = ServiceSigner("scheduler", platform.home.keys / "scheduler.key.pem")
    kernel = TerminusGatewayClient(platform.kernel_grpc, signer=signer)
    log = await kernel.log(database="oms", branch=BRANCH, count=100)
    await kernel.close()
    authors = {commit.message: commit.author for commit in log}
    assert authors["Create the job attributed"] == "alice@scheduler"
    assert authors[f"Claim the execution {execution}"] == "alice@scheduler"
    assert authors[f"Record the end of {execution}: succeeded"] == "system@scheduler"
    assert sum(execution in commit.message for commit in log) == 2


def test_a_date_fires_once(api: Api, target: Target) -> None:
    at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    api.create(id="once", trigger={"type": "date", "at": at}, task=http_task(target.url))
    wait_until(lambda: target.asked, 30, what="the run")
    wait_until(lambda: api.executions(job="once", state="succeeded"), 30, what="its record")
    assert api.client.get("/jobs/once").json()["next_fire_at"] is None
    assert api.client.get("/jobs/once/next").json() == {"fire_times": []}
    assert len(api.executions(job="once")) == 1


def test_a_failed_attempt_is_tried_again_and_a_hopeless_one_is_not(api: Api, target: Target) -> None:
    api.create(id="shaky", trigger=never(), task=http_task(target.url), retries={"max": 3, "backoff_s": 0.1})
    target.answers[:] = [503, 429]
    done = api.wait(api.run("shaky"), "succeeded")
    assert done["attempts"] == 3
    target.answers[:] = [404]
    dead = api.wait(api.run("shaky"), "dead")
    assert (dead["attempts"], dead["reason"]) == (1, "the target answered 404")


def test_a_redirect_is_not_followed(api: Api, target: Target) -> None:
    api.create(id="moved", trigger=never(), task=http_task(target.url))
    target.answers[:] = [302]
    assert api.wait(api.run("moved"), "dead")["reason"] == "the target answered 302"
    assert [asked.path for asked in target.asked] == ["/hook"]


def test_a_dead_letter_is_replayed_as_its_job_is_now(api: Api, target: Target) -> None:
    api.create(id="doomed", trigger=never(), task=http_task(target.url), retries={"max": 1, "backoff_s": 0})
    target.answers[:] = [500, 500]
    dead = api.wait(api.run("doomed"), "dead")
    assert dead["attempts"] == 2
    letters = api.client.get("/dead-letters", params={"job": "doomed"}).json()["dead_letters"]
    assert [letter["id"] for letter in letters] == [dead["id"]]
    api.client.patch("/jobs/doomed", json={"task": {"url": f"{target.url}?mended"}})
    replayed = api.client.post(f"/dead-letters/{dead['id']}/replay")
    assert replayed.status_code == 202
    done = api.wait(replayed.json()["id"], "succeeded")
    assert (done["cause"], done["repeats"]) == ("replay", dead["id"])
    assert target.asked[-1].path == "/hook?mended"


def test_a_task_that_takes_too_long_is_ended(api: Api, target: Target) -> None:
    api.create(id="long", trigger=never(), task=http_task(target.url), timeout_s=0.3, retries={"max": 0})
    target.shut()
    assert "0.3 s" in api.wait(api.run("long"), "dead")["reason"]


def test_cancelling(api: Api, target: Target) -> None:
    api.create(id="endless", trigger=never(), task=http_task(target.url))
    target.shut()
    execution = api.run("endless")
    wait_until(lambda: target.asked, 30, what="the request")
    assert api.client.post(f"/executions/{execution}/cancel").status_code == 200
    assert api.wait(execution, "cancelled")["reason"] == "cancelled while it ran"


def test_cancelling_what_waits_for_its_next_attempt(api: Api, target: Target) -> None:
    api.create(id="waits", trigger=never(), task=http_task(target.url), retries={"max": 3, "backoff_s": 600})
    target.answers[:] = [503]
    execution = api.run("waits")
    waiting = api.wait(execution, "waiting")
    assert waiting["reason"] == "the target answered 503"
    assert api.client.post(f"/executions/{execution}/cancel").json()["state"] == "cancelled"


def test_an_idempotency_key_runs_a_job_once(api: Api, target: Target) -> None:
    api.create(id="keyed", trigger=never(), task=http_task(target.url))
    key = {"Idempotency-Key": "one"}
    first, second = (api.client.post("/jobs/keyed/run", headers=key).json()["id"] for _ in range(2))
    other = api.client.post("/jobs/keyed/run", headers={"Idempotency-Key": "two"}).json()["id"]
    assert first == second != other
    for execution in (first, other):
        api.wait(execution, "succeeded")
    assert sorted(asked.key for asked in target.asked) == sorted([first, other])


@pytest.mark.parametrize(("policy", "expected"), [("forbid", "skipped"), ("replace", "cancelled")])
def test_a_run_that_finds_the_one_before(api: Api, target: Target, policy: str, expected: str) -> None:
    target.shut()
    job = f"only-{policy}"
    api.create(id=job, trigger={"type": "interval", "every_s": 1}, task=http_task(target.url), concurrency=policy)
    wait_until(lambda: api.executions(job=job, state=expected), 30, what=f"an execution {expected}")
    api.client.delete(f"/jobs/{job}")
    told = api.executions(job=job, state=expected)[-1]
    assert told["reason"] != ""
    if policy == "forbid":
        assert len(target.asked) == 1


def test_a_paused_job_does_not_fire(api: Api, target: Target) -> None:
    api.create(id="rests", trigger={"type": "interval", "every_s": 1}, task=http_task(target.url))
    wait_until(lambda: target.asked, 30, what="the first run")
    api.client.post("/jobs/rests/pause")
    before = len(api.executions(job="rests"))
    api.create(id="clock", trigger={"type": "interval", "every_s": 1}, task=http_task(f"{target.url}?clock"))
    wait_until(lambda: sum("clock" in asked.path for asked in target.asked) >= 3, 30, what="three seconds' passing")
    assert len(api.executions(job="rests")) <= before + 1  # one may have been under way
    api.client.post("/jobs/rests/resume")
    resumed = len(api.executions(job="rests"))
    wait_until(lambda: len(api.executions(job="rests")) > resumed, 30, what="its firing again")
    for job in ("rests", "clock"):
        api.client.delete(f"/jobs/{job}")


def test_the_trace_of_an_execution_leads_to_where_it_was_scheduled(
    platform: Scheduling, api: Api, target: Target
) -> None:
    api.create(id="traced", trigger=never(), task=http_task(target.url))
    execution = api.wait(api.run("traced"), "succeeded")
    sent = target.asked[0].headers["traceparent"].split("-")[1]
    spans = [span for span in platform.spans() if span["name"] == "execution" and span["trace_id"] == sent]
    assert [link["trace_id"] for span in spans for link in span["links"]] == [execution["trace_id"]]
