"""Executions: one run of a job, claimed once, recorded once."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from scheduler_service.domain.jobs import JobSpec
from shared.canonical import Json

SEPARATOR = "+"


class State(StrEnum):
    """What the record says of an execution; `running` and `waiting` (for the next attempt) are told from Redis."""

    CLAIMED = "claimed"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"

    @property
    def is_final(self) -> bool:
        """Whether nothing will happen to the execution any more."""
        return self not in {State.CLAIMED, State.RUNNING, State.WAITING}


class Cause(StrEnum):
    """Why an execution is."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    RETRY = "retry"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended; `reason` is for a person, `result` what the task tells."""

    state: State
    finished_at: datetime
    attempts: int = 0
    started_at: datetime | None = None
    worker: str = ""
    reason: str = ""
    result: Json = None


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a job. `slot` is the slot's name, or a unique text for a run that no trigger wanted.

    `missed` are the slots before it that were left out, and `of` the execution that it repeats.
    """

    job_id: str
    slot: str
    cause: Cause
    scheduled_for: datetime
    claimed_at: datetime
    spec: JobSpec
    missed: int = 0
    of: str = ""
    traceparent: str = ""
    state: State = State.CLAIMED
    outcome: Outcome | None = field(default=None)

    @property
    def id(self) -> str:
        """`<job>+<slot>`, the key of its document and the idempotency key of its task."""
        return f"{self.job_id}{SEPARATOR}{self.slot}"


def job_of(execution_id: str) -> str:
    """The job of an execution's id."""
    return execution_id.partition(SEPARATOR)[0]
