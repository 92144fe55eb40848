"""Jobs, executions and workers as JSON, the same at every door."""

from datetime import datetime

from scheduler_service.application.executions import Seen
from scheduler_service.application.ports import WorkerInfo
from scheduler_service.application.scheduler import Staff
from scheduler_service.domain.documents import moment_text, spec_json
from scheduler_service.domain.jobs import Job
from shared.canonical import Json


def shown_job(job: Job, next_start: datetime | None) -> dict[str, Json]:
    """A job: its specification with what the scheduler says of it."""
    spec = spec_json(job.spec)
    return {
        **(spec if isinstance(spec, dict) else {}),
        "id": job.id,
        "state": job.state.value,
        "owner": job.owner,
        "created_at": moment_text(job.created_at),
        "revision": job.revision,
        "next_fire_at": moment_text(next_start) if next_start is not None else None,
    }


def shown_execution(seen: Seen) -> dict[str, Json]:
    """An execution as it is now."""
    execution, outcome, progress = seen.execution, seen.execution.outcome, seen.progress
    started_at = outcome.started_at if outcome else progress.started_at if progress else None
    return {
        "id": execution.id,
        "job_id": execution.job_id,
        "slot": execution.slot,
        "state": seen.state.value,
        "cause": execution.cause.value,
        "scheduled_for": moment_text(execution.scheduled_for),
        "claimed_at": moment_text(execution.claimed_at),
        "started_at": moment_text(started_at) if started_at else None,
        "finished_at": moment_text(outcome.finished_at) if outcome else None,
        "attempts": outcome.attempts if outcome else progress.attempts if progress else 0,
        "worker": outcome.worker if outcome else progress.worker if progress else "",
        "reason": outcome.reason if outcome else progress.last_failure if progress else "",
        "result": outcome.result if outcome else None,
        "missed": execution.missed,
        "repeats": execution.of,
        "trace_id": execution.traceparent.split("-")[1] if execution.traceparent else "",
    }


def shown_worker(worker: WorkerInfo) -> dict[str, Json]:
    """A worker as it last told of itself."""
    return {
        "id": worker.id,
        "host": worker.host,
        "pid": worker.pid,
        "slots": worker.slots,
        "started_at": moment_text(worker.started_at),
        "seen_at": moment_text(worker.seen_at),
        "running": list(worker.running),
        "alive": worker.is_alive,
    }


def shown_staff(staff: Staff) -> dict[str, Json]:
    """The workers and who leads."""
    leader: Json = {"id": staff.leader.holder, "token": staff.leader.token} if staff.leader else None
    return {"workers": [shown_worker(worker) for worker in staff.workers], "leader": leader}
