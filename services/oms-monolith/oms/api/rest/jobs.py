"""Scheduled jobs, passed on to the scheduler."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from oms.api.rest.calls import JsonAnswer, UseCases, json_body
from shared.canonical import Json

PATH = "/api/v1/jobs"
router = APIRouter(tags=["jobs"], default_response_class=JsonAnswer)

Body = Annotated[Json, Depends(json_body)]
Count = Annotated[int, Query(ge=1, le=1000)]
_JOB_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


@router.post(PATH, status_code=201, openapi_extra=_JOB_BODY)
async def create_job(body: Body, oms: UseCases) -> JsonAnswer:
    """Create a job: name, trigger (cron, interval, date), task (http, event), and how faults are met."""
    return JsonAnswer(await oms.jobs.create(body), status_code=201)


@router.get(PATH)
async def list_jobs(
    oms: UseCases,
    count: Count = 100,
    after: Annotated[str, Query(max_length=100, description="go on after this id")] = "",
) -> JsonAnswer:
    """Jobs in order of id."""
    return JsonAnswer(await oms.jobs.list(count, after))


@router.get(f"{PATH}/{{job_id}}")
async def get_job(job_id: str, oms: UseCases) -> JsonAnswer:
    """One job."""
    return JsonAnswer(await oms.jobs.get(job_id))


@router.delete(f"{PATH}/{{job_id}}", status_code=204, response_class=Response)
async def delete_job(job_id: str, oms: UseCases) -> Response:
    """Delete a job; its executions stay."""
    await oms.jobs.delete(job_id)
    return Response(status_code=204)


@router.post(f"{PATH}/{{job_id}}/run", status_code=202)
async def run_job(job_id: str, oms: UseCases) -> JsonAnswer:
    """Run a job now, whatever its trigger says."""
    return JsonAnswer(await oms.jobs.run(job_id), status_code=202)


@router.get("/api/v1/executions")
async def list_executions(
    oms: UseCases,
    job: Annotated[str, Query(max_length=100, description="of this job alone")] = "",
    count: Count = 100,
) -> JsonAnswer:
    """The latest executions, the newest first."""
    return JsonAnswer(await oms.jobs.executions(job, count))
