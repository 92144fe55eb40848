"""The workers and the leader."""

from fastapi import APIRouter

from scheduler_service.api.rest.calls import JsonAnswer, UseCases
from scheduler_service.api.shown import shown_staff

router = APIRouter(tags=["workers"], default_response_class=JsonAnswer)


@router.get("/workers")
async def list_workers(scheduler: UseCases) -> JsonAnswer:
    """Every worker that was heard of within the hour, and which scheduler leads."""
    return JsonAnswer(shown_staff(await scheduler.staff()))
