"""The REST interface."""

from fastapi import APIRouter

from scheduler_service.api.rest import executions, jobs, workers


def routers() -> list[APIRouter]:
    """All routes of the service."""
    return [jobs.router, executions.router, workers.router]
