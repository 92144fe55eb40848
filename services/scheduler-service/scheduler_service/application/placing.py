"""Placing a job on the running schedule."""

from datetime import datetime

from scheduler_service.application.ports import Entry, Schedule
from scheduler_service.domain.jobs import Job, JobState
from scheduler_service.domain.slots import next_slot, start_of


def entry_of(job: Job, after: datetime) -> Entry | None:
    """The job's entry with its first slot after that moment; `None` where it does not fire."""
    slot = next_slot(job.spec.trigger, after) if job.state is JobState.ACTIVE else None
    if slot is None:
        return None
    return Entry(job.id, job.revision, job.spec, slot, start_of(job.id, slot, job.spec.trigger.jitter_s))


def following(entry: Entry, slot: datetime | None) -> Entry | None:
    """The entry with another slot."""
    if slot is None:
        return None
    start = start_of(entry.job_id, slot, entry.spec.trigger.jitter_s)
    return Entry(entry.job_id, entry.revision, entry.spec, slot, start)


async def place(schedule: Schedule, job: Job, after: datetime) -> None:
    """Let the schedule know the job in this revision; its slots count after that moment."""
    entry = entry_of(job, after)
    if entry is None:
        await schedule.hold(job.id, job.revision)
    else:
        await schedule.put(entry)
