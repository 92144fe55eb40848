"""Executions and dead letters: show, cancel, retry and replay them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from scheduler_service.api.rest.calls import JsonAnswer, UseCases
from scheduler_service.api.shown import shown_execution
from scheduler_service.application.executions import MAX_LISTED, Wanted
from scheduler_service.domain.executions import State

router = APIRouter(tags=["executions"], default_response_class=JsonAnswer)
ONE = "/executions/{id}"
Job = Annotated[str, Query(max_length=100, description="of this job alone")]
Count = Annotated[int, Query(ge=1, le=MAX_LISTED)]


@router.get("/executions")
async def list_executions(
    scheduler: UseCases,
    job: Job = "",
    state: State | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    count: Count = 100,
) -> JsonAnswer:
    """The latest executions, the newest first; `since` and `until` are about when they were scheduled for."""
    seen = await scheduler.executions.list(Wanted(job, state, since, until, count))
    return JsonAnswer({"executions": [shown_execution(each) for each in seen]})


@router.get(ONE)
async def get_execution(id: str, scheduler: UseCases) -> JsonAnswer:
    """One execution as it is now."""
    return JsonAnswer(shown_execution(await scheduler.executions.get(id)))


@router.post(f"{ONE}/cancel")
async def cancel_execution(id: str, scheduler: UseCases) -> JsonAnswer:
    """End an execution: at once where it waits, within about a second where it runs."""
    return JsonAnswer(shown_execution(await scheduler.executions.cancel(id)))


@router.post(f"{ONE}/retry", status_code=202)
async def retry_execution(id: str, scheduler: UseCases) -> JsonAnswer:
    """Run again what has ended."""
    return JsonAnswer(shown_execution(await scheduler.executions.retry(id)), status_code=202)


@router.get("/dead-letters")
async def list_dead_letters(scheduler: UseCases, job: Job = "", count: Count = 100) -> JsonAnswer:
    """The latest executions that were given up, the newest first."""
    seen = await scheduler.executions.list(Wanted(job, State.DEAD, count=count))
    return JsonAnswer({"dead_letters": [shown_execution(each) for each in seen]})


@router.post("/dead-letters/{id}/replay", status_code=202)
async def replay(id: str, scheduler: UseCases) -> JsonAnswer:
    """Run again what was given up, as its job is now."""
    return JsonAnswer(shown_execution(await scheduler.executions.replay(id)), status_code=202)
