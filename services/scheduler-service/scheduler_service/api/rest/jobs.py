"""Jobs: create, show, change, run, pause, resume and delete them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from scheduler_service.api.rest.calls import Body, JsonAnswer, UseCases
from scheduler_service.api.shown import shown_execution, shown_job
from scheduler_service.application.jobs import MAX_PAGE, MAX_PREVIEW
from scheduler_service.domain.documents import moment_text
from scheduler_service.domain.jobs import JobSpec

router = APIRouter(tags=["jobs"], default_response_class=JsonAnswer)
ONE = "/jobs/{id}"
SPEC_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": JobSpec.model_json_schema()}}}
}
PATCH_BODY = {
    "requestBody": {"required": True, "content": {"application/merge-patch+json": {"schema": {"type": "object"}}}}
}


@router.post("/jobs", status_code=201, openapi_extra=SPEC_BODY)
async def create_job(body: Body, scheduler: UseCases) -> JsonAnswer:
    """Create a job; what is wrong with it is 422 with every violation."""
    job = await scheduler.jobs.create(body)
    location = {"Location": f"/jobs/{job.id}"}
    return JsonAnswer(shown_job(job, scheduler.jobs.next_start(job)), status_code=201, headers=location)


@router.get("/jobs")
async def list_jobs(
    scheduler: UseCases,
    count: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    after: Annotated[str, Query(max_length=100, description="go on after this id")] = "",
    label: Annotated[str, Query(max_length=401, description="name=value")] = "",
) -> JsonAnswer:
    """Jobs in order of id."""
    page = await scheduler.jobs.page(after=after, count=count, label=label)
    jobs = [shown_job(job, scheduler.jobs.next_start(job)) for job in page.jobs]
    return JsonAnswer({"jobs": jobs, "next_after": page.next_after})


@router.get(ONE)
async def get_job(id: str, scheduler: UseCases) -> JsonAnswer:
    """One job."""
    job = await scheduler.jobs.get(id)
    return JsonAnswer(shown_job(job, scheduler.jobs.next_start(job)))


@router.patch(ONE, openapi_extra=PATCH_BODY)
async def change_job(id: str, body: Body, scheduler: UseCases) -> JsonAnswer:
    """Change a job's specification by a merge patch (RFC 7396)."""
    job = await scheduler.jobs.change(id, body)
    return JsonAnswer(shown_job(job, scheduler.jobs.next_start(job)))


@router.delete(ONE, status_code=204, response_class=Response)
async def delete_job(id: str, scheduler: UseCases) -> Response:
    """Delete a job; its executions stay."""
    await scheduler.jobs.delete(id)
    return Response(status_code=204)


@router.post(f"{ONE}/run", status_code=202)
async def run_job(id: str, scheduler: UseCases) -> JsonAnswer:
    """Run a job now, beside its trigger; with an `Idempotency-Key` once."""
    return JsonAnswer(shown_execution(await scheduler.executions.run(id)), status_code=202)


@router.post(f"{ONE}/pause")
async def pause_job(id: str, scheduler: UseCases) -> JsonAnswer:
    """Let a job fire no more."""
    return JsonAnswer(shown_job(await scheduler.jobs.pause(id), None))


@router.post(f"{ONE}/resume")
async def resume_job(id: str, scheduler: UseCases) -> JsonAnswer:
    """Let a job fire again, from now on."""
    job = await scheduler.jobs.resume(id)
    return JsonAnswer(shown_job(job, scheduler.jobs.next_start(job)))


@router.get(f"{ONE}/next")
async def preview(id: str, scheduler: UseCases, n: Annotated[int, Query(ge=1, le=MAX_PREVIEW)] = 5) -> JsonAnswer:
    """When a job will fire next."""
    return JsonAnswer({"fire_times": [moment_text(moment) for moment in await scheduler.jobs.preview(id, n)]})
