"""Scheduled jobs, by whichever scheduler serves them."""

from uuid import uuid4

from oms.application.ports import SchedulerForJob
from shared.canonical import Json
from shared.clients.scheduler_answers import ExecutionInfo, JobInfo
from shared.errors import InvalidInput


class Jobs:
    """Passes what is asked of jobs on; one job stays with one scheduler."""

    def __init__(self, scheduler_for: SchedulerForJob) -> None:
        self._scheduler_for = scheduler_for

    async def create(self, spec: Json) -> JobInfo:
        """Keep a new job; it gets an id where it has none, for that decides who serves it."""
        if not isinstance(spec, dict):
            raise InvalidInput("a job is a JSON object", field="body")
        job_id = spec.get("id") or f"job-{uuid4().hex}"
        return await self._scheduler_for(str(job_id)).create_job({**spec, "id": job_id})

    async def get(self, job_id: str) -> JobInfo:
        """One job; NotFound."""
        return await self._scheduler_for(job_id).get_job(job_id)

    async def delete(self, job_id: str) -> None:
        """Forget a job; NotFound."""
        await self._scheduler_for(job_id).delete_job(job_id)

    async def run(self, job_id: str) -> ExecutionInfo:
        """Run a job now; NotFound."""
        return await self._scheduler_for(job_id).run_job(job_id)

    async def executions(self, job_id: str, count: int) -> list[ExecutionInfo]:
        """The latest executions, the newest first."""
        return await self._scheduler_for(job_id).list_executions(job_id=job_id, count=count)

    async def list(self, count: int, after: str) -> tuple[list[JobInfo], str]:
        """Jobs in order of id, those after `after`; and after which id the next ones come, empty where none do."""
        jobs = [each for each in await self._scheduler_for("").list_jobs() if each.id > after]
        return jobs[:count], jobs[count - 1].id if len(jobs) > count else ""
