"""The scheduler of the days before the scheduler-service."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import Any
from uuid import uuid4

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped] # it has no types
from apscheduler.triggers.date import DateTrigger as ApDate  # type: ignore[import-untyped] # likewise

from oms.core.scheduler import slots
from oms.core.scheduler.job_documents import JobDocuments
from oms.core.scheduler.running import Run, Runner, claim_of
from oms.domain.jobs import DateTrigger, IntervalTrigger, Job, JobSpec, moment
from shared import context
from shared.canonical import Json
from shared.clients.scheduler_answers import ExecutionInfo, ExecutionState, JobInfo
from shared.context import CallContext
from shared.errors import OmsError, ValidationFailed, Violation

_RECOVERY_MARGIN_S = 5.0
_log = structlog.get_logger(__name__)


class AdvancedScheduler:
    """Deprecated in favour of `shared.clients.SchedulerClient`, on whose jobs and claims it works.

    Every slot is claimed by inserting its execution, so that of several processes and of both schedulers one runs it.
    `fires` says for each job whether it is this scheduler's; the store is looked at every `poll_s` seconds.
    """

    def __init__(
        self, documents: JobDocuments, runner: Runner, fires: Callable[[str], bool], *, poll_s: float = 1.0
    ) -> None:
        self._documents = documents
        self._runner = runner
        self._fires = fires
        self._poll_s = poll_s
        self._timer = AsyncIOScheduler(timezone=UTC)
        self._planned: dict[str, int] = {}
        self._head: str | None = None
        self._runs: dict[str, tuple[str, asyncio.Task[None]]] = {}
        self._prepared = False
        self._recovered = False

    async def run(self) -> None:
        """Fire jobs until cancelled; what was claimed and is not done by then is done after the next start."""
        with context.use(CallContext(method="SYSTEM", route="legacy-scheduler")):
            self._timer.start()
            try:
                while True:
                    await self._look()
                    await asyncio.sleep(self._poll_s)
            finally:
                self._timer.shutdown(wait=False)
                tasks = [task for _, task in self._runs.values()]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    # -- what callers ask for --------------------------------------------------------------------------------------

    async def create_job(self, spec: Json) -> JobInfo:
        """Keep a new job; ValidationFailed, AlreadyExists."""
        read = JobSpec.read(spec)
        slots.check(read)
        now = datetime.now(UTC)
        if isinstance(read.trigger, DateTrigger) and read.trigger.at <= now:
            past = Violation("trigger.date.at", "past", "The moment has passed.")
            raise ValidationFailed(f"{past.path}: {past.message}", violations=[past])
        if isinstance(read.trigger, IntervalTrigger) and read.trigger.anchor is None:
            read = read.model_copy(update={"trigger": read.trigger.model_copy(update={"anchor": now})})
        job_id = read.id or uuid4().hex
        caller = context.current().caller
        owner = caller.actor if caller else "system@oms"
        job = Job(job_id, read.model_copy(update={"id": job_id}), True, owner, now, now, 1)
        await self._prepare()
        await self._documents.insert(job)
        return shown(job)

    async def get_job(self, job_id: str) -> JobInfo:
        """One job; NotFound."""
        return shown(await self._documents.get(job_id))

    async def list_jobs(self) -> list[JobInfo]:
        """All jobs in order of id."""
        return [shown(Job.of(each)) async for each in self._stored("Job")]

    async def delete_job(self, job_id: str) -> None:
        """Forget a job; its executions stay. NotFound."""
        await self._documents.delete(job_id)

    async def run_job(self, job_id: str) -> ExecutionInfo:
        """Run a job now, whatever its trigger says; the execution. NotFound."""
        job = await self._documents.get(job_id)
        now = datetime.now(UTC)
        claim = claim_of(job, f"manual-{uuid4().hex}", now, "manual")
        await self._documents.claim(claim)
        run = Run(job.id, str(claim["slot"]), job.spec, now)
        self._begin(run, self._runner.run(run))
        return shown_execution(claim)

    async def list_executions(self, *, job_id: str, count: int) -> list[ExecutionInfo]:
        """The latest executions (of a job; empty: of any), the newest first."""
        fitting = [_object(each) async for each in self._stored("Execution") if job_id in {"", _object(each)["job_id"]}]
        newest = nlargest(count, fitting, key=lambda each: (moment(each["scheduled_for"]), moment(each["claimed_at"])))
        return [shown_execution(each) for each in newest]

    async def _stored(self, type_name: str) -> AsyncGenerator[Json, None]:
        """All jobs or executions; none where nobody has prepared the branch yet."""
        if await self._documents.head():
            async with aclosing(self._documents.all(type_name)) as documents:
                async for document in documents:
                    yield document

    # -- what it does by itself ------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Take in the jobs as they are; what goes wrong is tried again the next time."""
        try:
            head = await self._documents.head()
            if not head:
                return
            if not self._recovered:
                await self._recover()
                self._recovered = True
            if head != self._head or len(self._planned) == 0:
                await self._reconcile()
                self._head = head
        except OmsError as error:
            _log.warning("jobs_not_read", reason=error.reason.value)

    async def _reconcile(self) -> None:
        seen: set[str] = set()
        async for document in self._documents.all("Job"):
            job = Job.of(document)
            if not (job.is_active and self._fires(job.id)):
                continue
            seen.add(job.id)
            if self._planned.get(job.id) != job.revision:
                self._planned[job.id] = job.revision
                now = datetime.now(UTC)
                for slot in slots.late_slots(job, now):
                    await self._fire(job, slot)
                self._plan(job, now)
        for gone in self._planned.keys() - seen:
            del self._planned[gone]
            if self._timer.get_job(gone):
                self._timer.remove_job(gone)

    def _plan(self, job: Job, after: datetime) -> None:
        slot = slots.next_slot(job, after)
        if slot is not None:
            self._timer.add_job(
                self._come,
                ApDate(slots.start_of(job, slot)),
                args=[job, slot],
                id=job.id,
                replace_existing=True,
                misfire_grace_time=None,
            )

    async def _come(self, job: Job, slot: datetime) -> None:
        """The moment of a slot."""
        if self._planned.get(job.id) != job.revision or not self._fires(job.id):
            return
        self._plan(job, slot)
        await self._fire(job, slot)

    async def _fire(self, job: Job, slot: datetime) -> None:
        claim = claim_of(job, slots.slot_name(slot), slot, "schedule")
        run = Run(job.id, str(claim["slot"]), job.spec, slot)
        others = [own for own, (job_id, _) in self._runs.items() if job_id == job.id]
        try:
            if not await self._documents.claim(claim):
                return
            if others and job.spec.concurrency == "forbid":
                await self._runner.skip(run, "skipped", "an earlier execution still runs")
                return
        except OmsError as error:
            _log.warning("slot_not_claimed", execution=run.id, reason=error.reason.value)
            # Planned anew when the store answers: its policy for late slots then says what becomes of this one.
            self._planned.pop(job.id, None)
            self._head = None
            return
        if job.spec.concurrency == "replace":
            await self._replace(others)
        self._begin(run, self._runner.run(run))

    async def _replace(self, others: list[str]) -> None:
        for own in others:
            _, task = self._runs[own]
            task.cancel()
            await asyncio.wait([task])
            run = Run.of_document(_object(await self._documents.execution(own)))
            await self._runner.skip(run, "cancelled", "replaced by the next execution")

    def _begin(self, run: Run, work: Coroutine[Any, Any, None]) -> None:
        # Runs as the service: a caller who asked for it does not have to stay.
        with context.use(CallContext(method="SYSTEM", route="legacy-scheduler")):
            task = asyncio.create_task(work, name=f"execution {run.id}")
        self._runs[run.id] = (run.job_id, task)
        task.add_done_callback(lambda _: self._runs.pop(run.id, None))

    async def _recover(self) -> None:
        """Run what was claimed and never finished, once whoever claimed it cannot be at it any more."""
        async for document in self._documents.all("Execution"):
            found = _object(document)
            run = Run.of_document(found)
            if found["state"] == "claimed" and run.id not in self._runs and self._fires(run.job_id):
                wait = timedelta(seconds=run.spec.longest_run_s + _RECOVERY_MARGIN_S)
                self._timer.add_job(
                    self._resume,
                    ApDate(max(moment(found["claimed_at"]) + wait, datetime.now(UTC))),
                    args=[run],
                    id=f"resume {run.id}",
                    misfire_grace_time=None,
                )

    async def _resume(self, run: Run) -> None:
        if _object(await self._documents.execution(run.id))["state"] == "claimed":
            self._begin(run, self._runner.run(run))

    async def _prepare(self) -> None:
        if not self._prepared:
            with context.use(CallContext(method="SYSTEM", route="legacy-scheduler")):
                await self._documents.prepare()
            self._prepared = True


def shown(job: Job) -> JobInfo:
    """A job as callers see it."""
    following = slots.next_slot(job, max(job.effective_from, datetime.now(UTC))) if job.is_active else None
    return JobInfo(
        id=job.id,
        spec=job.document()["spec"],
        paused=not job.is_active,
        owner=job.owner,
        created_at=job.created_at,
        revision=job.revision,
        next_fire_at=slots.start_of(job, following) if following else None,
    )


def shown_execution(document: Json) -> ExecutionInfo:
    """An execution as callers see it."""
    stored = _object(document)
    traceparent = str(stored.get("traceparent", ""))
    return ExecutionInfo(
        id=f"{stored['job_id']}+{stored['slot']}",
        job_id=str(stored["job_id"]),
        state=ExecutionState(stored["state"]),
        cause=str(stored["cause"]),
        scheduled_for=moment(stored["scheduled_for"]),
        started_at=moment(stored["started_at"]) if "started_at" in stored else None,
        finished_at=moment(stored["finished_at"]) if "finished_at" in stored else None,
        attempts=int(stored.get("attempts", 0)),
        worker=str(stored.get("worker", "")),
        reason=str(stored.get("reason", "")),
        result=stored.get("result"),
        missed=int(stored.get("missed", 0)),
        repeats=str(stored.get("repeats", "")),
        trace_id=traceparent.split("-")[1] if traceparent else "",
    )


def _object(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
