"""What the scheduler's client answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.canonical import Json


class ExecutionState(StrEnum):
    """How far an execution is; the last four are its end."""

    CLAIMED = "claimed"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A job: its id, its specification, and what the scheduler says of it."""

    id: str
    spec: Json
    paused: bool
    owner: str
    created_at: datetime
    revision: int
    next_fire_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExecutionInfo:
    """One run of a job; texts are empty and times `None` where there is nothing to tell."""

    id: str
    job_id: str
    state: ExecutionState
    cause: str
    scheduled_for: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    worker: str
    reason: str
    result: Json
    missed: int
    repeats: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker as it last told of itself."""

    id: str
    host: str
    pid: int
    slots: int
    seen_at: datetime
    running: tuple[str, ...]
    alive: bool
