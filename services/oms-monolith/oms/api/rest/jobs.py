"""Scheduled jobs, passed on to the scheduler."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from oms.api.rest.calls import JsonAnswer, UseCases, json_body
from shared.canonical import Json
from shared.clients.scheduler_answers import ExecutionInfo, JobInfo

PATH = "/api/v1/jobs"
router = APIRouter(tags=["jobs"], default_response_class=JsonAnswer)

Body = Annotated[Json, Depends(json_body)]
Count = Annotated[int, Query(ge=1, le=1000)]
_JOB_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


@router.post(PATH, status_code=201, openapi_extra=_JOB_BODY)
async def create_job(body: Body, oms: UseCases) -> JsonAnswer:
    """Create a job: name, trigger (cron, interval, date), task (http, event), and how faults are met."""
    job = await oms.jobs.create(body)
    return JsonAnswer(_job(job), status_code=201, headers={"Location": f"{PATH}/{job.id}"})


@router.get(PATH)
async def list_jobs(
    oms: UseCases,
    count: Count = 100,
    after: Annotated[str, Query(max_length=100, description="go on after this id")] = "",
) -> JsonAnswer:
    """Jobs in order of id."""
    jobs, next_after = await oms.jobs.list(count, after)
    return JsonAnswer({"jobs": [_job(each) for each in jobs], "next_after": next_after})


@router.get(f"{PATH}/{{job_id}}")
async def get_job(job_id: str, oms: UseCases) -> JsonAnswer:
    """One job."""
    return JsonAnswer(_job(await oms.jobs.get(job_id)))


@router.delete(f"{PATH}/{{job_id}}", status_code=204, response_class=Response)
async def delete_job(job_id: str, oms: UseCases) -> Response:
    """Delete a job; its executions stay."""
    await oms.jobs.delete(job_id)
    return Response(status_code=204)


@router.post(f"{PATH}/{{job_id}}/run", status_code=202)
async def run_job(job_id: str, oms: UseCases) -> JsonAnswer:
    """Run a job now, whatever its trigger says."""
    return JsonAnswer(_execution(await oms.jobs.run(job_id)), status_code=202)


@router.get("/api/v1/executions")
async def list_executions(
    oms: UseCases,
    job: Annotated[str, Query(max_length=100, description="of this job alone")] = "",
    count: Count = 100,
) -> JsonAnswer:
    """The latest executions, the newest first."""
    return JsonAnswer({"executions": [_execution(each) for each in await oms.jobs.executions(job, count)]})


def _job(job: JobInfo) -> Json:
    spec = job.spec if isinstance(job.spec, dict) else {}
    return {
        **spec,
        "id": job.id,
        "state": "paused" if job.paused else "active",
        "owner": job.owner,
        "created_at": _moment(job.created_at),
        "revision": job.revision,
        "next_fire_at": _moment(job.next_fire_at),
    }


def _execution(execution: ExecutionInfo) -> Json:
    return {
        "id": execution.id,
        "job_id": execution.job_id,
        "state": execution.state.value,
        "cause": execution.cause,
        "scheduled_for": _moment(execution.scheduled_for),
        "started_at": _moment(execution.started_at),
        "finished_at": _moment(execution.finished_at),
        "attempts": execution.attempts,
        "worker": execution.worker,
        "reason": execution.reason,
        "result": execution.result,
        "missed": execution.missed,
        "repeats": execution.repeats,
        "trace_id": execution.trace_id,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
