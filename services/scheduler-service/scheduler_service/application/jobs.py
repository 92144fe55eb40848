"""Keeping jobs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nsmallest
from uuid import uuid4

import structlog

from scheduler_service.application.placing import place
from scheduler_service.application.ports import Clock, Repository, Schedule
from scheduler_service.application.validation import read_spec
from scheduler_service.domain.documents import spec_json
from scheduler_service.domain.jobs import Job, JobState
from scheduler_service.domain.slots import next_slot, start_of
from shared.canonical import Json
from shared.context import current
from shared.errors import InvalidInput, OmsError
from shared.merge_patch import merge_patch

_log = structlog.get_logger(__name__)
MAX_PREVIEW = 100
MAX_PAGE = 1000


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs in order of id; `next_after` is the id to go on after, empty on the last page."""

    jobs: tuple[Job, ...]
    next_after: str


class Jobs:
    """A job is kept in the kernel, authored by its caller; the running schedule learns of it, at the latest when the
    leader looks the next time.
    """

    def __init__(self, repository: Repository, schedule: Schedule, clock: Clock, *, allow_private: bool) -> None:
        self._repository = repository
        self._schedule = schedule
        self._clock = clock
        self._allow_private = allow_private

    async def create(self, body: Json) -> Job:
        """A new job. ValidationFailed, AlreadyExists."""
        now = self._clock.now()
        spec = read_spec(body, now, allow_private=self._allow_private)
        caller = current().caller
        job = Job(
            id=spec.id or uuid4().hex,
            spec=spec,
            state=JobState.ACTIVE,
            owner=caller.actor if caller is not None else "",
            created_at=now,
            effective_from=now,
            revision=1,
        )
        job = replace(job, spec=spec.model_copy(update={"id": job.id}))
        await self._repository.insert_job(job)
        await self._place(job)
        return job

    async def get(self, job_id: str) -> Job:
        """One job. NotFound."""
        return await self._repository.get_job(job_id)

    async def page(self, *, after: str = "", count: int = 100, label: str = "") -> JobPage:
        """Jobs with ids after `after`; `label` is `name=value`. InvalidInput."""
        fits = _label_filter(label)
        if not 1 <= count <= MAX_PAGE:
            raise InvalidInput(f"count is 1 to {MAX_PAGE}", field="count")
        wanted = [job async for job in self._repository.jobs() if job.id > after and fits(job)]
        page = nsmallest(count + 1, wanted, key=lambda job: job.id)
        return JobPage(tuple(page[:count]), page[count - 1].id if len(page) > count else "")

    async def change(self, job_id: str, patch: Json) -> Job:
        """Change a job by a merge patch of its specification. NotFound, ValidationFailed, PreconditionFailed."""
        job = await self._repository.get_job(job_id)
        if not isinstance(patch, dict):
            raise InvalidInput("a change is a JSON object", field="body")
        now = self._clock.now()
        merged = merge_patch(spec_json(job.spec), patch)
        spec = read_spec(merged, now, allow_private=self._allow_private)
        if spec.id != job_id:
            raise InvalidInput("a job keeps its id", field="/id")
        return await self._keep(replace(job, spec=spec, effective_from=now))

    async def pause(self, job_id: str) -> Job:
        """Let it fire no more until it is resumed. NotFound."""
        return await self._turn(job_id, JobState.PAUSED)

    async def resume(self, job_id: str) -> Job:
        """Let it fire again, from now on. NotFound."""
        return await self._turn(job_id, JobState.ACTIVE)

    async def delete(self, job_id: str) -> None:
        """Forget the job; executions under way end as they would. NotFound."""
        await self._repository.delete_job(job_id)
        try:
            await self._schedule.remove(job_id)
        except OmsError as error:
            _log.warning("schedule_not_told", reason=error.reason.value)

    async def preview(self, job_id: str, count: int) -> list[datetime]:
        """The job's next starts, whether it is paused or not. NotFound, InvalidInput."""
        if not 1 <= count <= MAX_PREVIEW:
            raise InvalidInput(f"n is 1 to {MAX_PREVIEW}", field="n")
        job, starts = await self._repository.get_job(job_id), []
        slot: datetime | None = self._clock.now()
        for _ in range(count):
            slot = next_slot(job.spec.trigger, slot) if slot is not None else None
            if slot is not None:
                starts.append(start_of(job.id, slot, job.spec.trigger.jitter_s))
        return starts

    def next_start(self, job: Job) -> datetime | None:
        """When the job's next slot starts; `None` where there is none."""
        slot = next_slot(job.spec.trigger, self._clock.now()) if job.state is JobState.ACTIVE else None
        return None if slot is None else start_of(job.id, slot, job.spec.trigger.jitter_s)

    async def _turn(self, job_id: str, state: JobState) -> Job:
        job = await self._repository.get_job(job_id)
        if job.state is state:
            return job
        return await self._keep(replace(job, state=state, effective_from=self._clock.now()))

    async def _keep(self, job: Job) -> Job:
        changed = replace(job, revision=job.revision + 1)
        await self._repository.replace_job(changed)
        await self._place(changed)
        return changed

    async def _place(self, job: Job) -> None:
        try:
            await place(self._schedule, job, job.effective_from)
        except OmsError as error:
            _log.warning("schedule_not_told", reason=error.reason.value)


def _label_filter(label: str) -> Callable[[Job], bool]:
    if not label:
        return lambda _: True
    name, separator, value = label.partition("=")
    if not separator:
        raise InvalidInput("label is name=value", field="label")
    return lambda job: job.spec.labels.get(name) == value
