"""Jobs: what is to be done, when, and how faults are met."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from scheduler_service.domain.tasks import Task
from scheduler_service.domain.triggers import Spec, Text, Trigger

JobId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class RetryPolicy(Spec):
    """How often a failed run is tried again, and after how long: `backoff_s`, times `factor` for each further one."""

    max: int = Field(3, ge=0, le=20)
    backoff_s: float = Field(1.0, ge=0, le=3600)
    factor: float = Field(2.0, ge=1, le=10)
    max_backoff_s: float = Field(300.0, ge=0, le=86_400)

    def pause_s(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row, at least one."""
        return float(min(self.max_backoff_s, self.backoff_s * self.factor ** (failures - 1)))


class Misfire(StrEnum):
    """What becomes of slots that are late beyond the grace."""

    SKIP = "skip"
    FIRE_ONCE = "fire_once"
    FIRE_ALL = "fire_all"


class MisfirePolicy(Spec):
    """Slots at most `grace_s` late just fire; of those later ones the policy decides, `fire_all` up to `limit`."""

    policy: Misfire = Misfire.FIRE_ONCE
    grace_s: float = Field(30.0, ge=1, le=3600)
    limit: int = Field(10, ge=1, le=100)


class Concurrency(StrEnum):
    """What a slot does whose job still runs: run beside it, not at all, or in its place."""

    ALLOW = "allow"
    FORBID = "forbid"
    REPLACE = "replace"


class JobSpec(Spec):
    """A job as its owner describes it."""

    id: JobId | None = Field(None, description="made by the scheduler where it is not given")
    name: Text
    trigger: Trigger
    task: Task
    timeout_s: float = Field(60.0, gt=0, le=3600, description="of one attempt")
    retries: RetryPolicy = RetryPolicy()
    misfire: MisfirePolicy = MisfirePolicy()
    concurrency: Concurrency = Concurrency.ALLOW
    labels: Annotated[
        dict[Text, Annotated[str, StringConstraints(max_length=200)]], Field(default_factory=dict, max_length=50)
    ]


class JobState(StrEnum):
    """Whether a job fires."""

    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is kept. Slots count after `effective_from`: its creation, last change or resumption."""

    id: str
    spec: JobSpec
    state: JobState
    owner: str
    created_at: datetime
    effective_from: datetime
    revision: int
