"""What the use cases need from outside. All methods raise `shared.errors` alone."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scheduler_service.domain.executions import Execution, Outcome
from scheduler_service.domain.jobs import Job, JobSpec
from scheduler_service.domain.tasks import Task
from shared.canonical import Json


class Clock(Protocol):
    """The time, so that tests can be told another."""

    def now(self) -> datetime:
        """Now, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class Repository(Protocol):
    """Jobs and executions for good: documents of `<env>/scheduler/main`. Unavailable where the kernel is away."""

    async def prepare(self) -> None:
        """Define the classes; does nothing where they are as they should be."""

    async def ping(self) -> None:
        """Return if the kernel answers."""

    async def insert_job(self, job: Job) -> None:
        """Keep a new job. AlreadyExists."""

    async def replace_job(self, job: Job) -> None:
        """Keep the job's next revision. NotFound; PreconditionFailed where another one came before."""

    async def delete_job(self, job_id: str) -> None:
        """Forget a job; its executions stay. NotFound."""

    async def get_job(self, job_id: str) -> Job:
        """One job. NotFound."""

    def jobs(self) -> AsyncGenerator[Job, None]:
        """All jobs in order of id, of one moment."""

    async def claim(self, execution: Execution) -> bool:
        """Record that the slot is ours to run; false where it was claimed before."""

    async def get_execution(self, execution_id: str) -> Execution:
        """One execution. NotFound."""

    def executions(self) -> AsyncGenerator[Execution, None]:
        """All executions in order of id, of one moment."""

    async def finish(self, execution_id: str, outcome: Outcome) -> bool:
        """Record how an execution ended; false where an end is recorded already."""

    async def forget(self, execution_ids: Sequence[str]) -> None:
        """Delete executions, as one commit. NotFound."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A job on the schedule: its next slot, which starts at `start`."""

    job_id: str
    revision: int
    spec: JobSpec
    slot: datetime
    start: datetime


class Schedule(Protocol):
    """The running schedule, shared by all schedulers; it may be lost and is rebuilt. Unavailable."""

    async def is_built(self) -> bool:
        """Whether the schedule is there since it was last built."""

    async def mark_built(self) -> None:
        """Say so."""

    async def put(self, entry: Entry) -> bool:
        """Place a job; false where this or a later revision is there."""

    async def hold(self, job_id: str, revision: int) -> bool:
        """Keep in mind that the job does not fire in this revision; false as `put`."""

    async def remove(self, job_id: str) -> None:
        """Take a job away."""

    async def known(self) -> Mapping[str, int]:
        """The revision of every job that was put or held."""

    async def remove_unless_put_since(self, job_id: str, since_ms: int) -> None:
        """Take a job away that was put before that time, as the schedule's clock tells it."""

    async def clock_ms(self) -> int:
        """The schedule's own clock, in milliseconds."""

    async def due(self, now: datetime, limit: int) -> list[Entry]:
        """Entries whose start has come, the longest due first."""

    async def next_start(self) -> datetime | None:
        """When the first entry starts."""

    async def next_starts(self, job_ids: Sequence[str]) -> list[datetime | None]:
        """When each job's next run starts."""

    async def advance(self, entry: Entry, following: Entry | None, lease: "Lease") -> bool:
        """Put the following slot in the place of this one; false where the lease or the revision is not current."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to lead; `token` grows with every new leader."""

    holder: str
    token: int


class Leadership(Protocol):
    """Who of the schedulers leads. Unavailable."""

    async def acquire(self) -> Lease | None:
        """Take or renew the lease; `None` while another holds it."""

    async def release(self) -> None:
        """Give it up, if it is ours."""

    async def leader(self) -> Lease | None:
        """Who leads."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An execution handed to a worker; it is another's once the worker has not been heard of for the lease."""

    receipt: str
    execution_id: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A start of an execution. `number` counts all starts and grows: with an older one nothing is written any more."""

    delivery: Delivery
    execution: Execution
    number: int
    started_at: datetime
    failures: int
    checkpoint: Json
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """What is told of an execution that is not finished."""

    state: str
    attempts: int = 0
    worker: str = ""
    started_at: datetime | None = None
    last_failure: str = ""


class Queue(Protocol):
    """Executions on their way to the workers, at least once. Unavailable."""

    async def enqueue(self, execution: Execution) -> bool:
        """Hand an execution to the workers; false where it was before."""

    async def promote(self, now: datetime) -> int:
        """Hand those whose pause has ended to the workers; how many."""

    async def take(self, worker: str, count: int, wait_s: float) -> list[Delivery]:
        """Up to `count` deliveries, new ones and those of workers that are dead; waits for one up to `wait_s`."""

    async def start(self, delivery: Delivery, worker: str, at: datetime) -> Attempt | None:
        """Begin an attempt; `None` where the delivery is not this worker's or its execution is done."""

    async def keep(self, delivery: Delivery, worker: str) -> bool | None:
        """Say that the work goes on; true where it is to be cancelled, `None` where it is not this worker's."""

    async def checkpoint(self, attempt: Attempt, state: Json) -> bool:
        """Keep how far the work is; false where a later attempt has begun."""

    async def postpone(self, attempt: Attempt, until: datetime, failure: str) -> None:
        """Try again later."""

    async def give_back(self, attempt: Attempt) -> None:
        """Hand it to the other workers at once, without blame."""

    async def settle(self, delivery: Delivery) -> None:
        """It is done."""

    async def progress(self, execution_id: str) -> Progress | None:
        """How it goes; `None` where the queue does not know it."""

    async def cancel(self, execution_id: str) -> bool | None:
        """Ask for the end of an execution: true where it runs and will be ended, false where it will not start any
        more, `None` where the queue does not know it.
        """

    async def active(self, job_id: str) -> list[str]:
        """The job's executions that are not done."""

    async def forget_worker(self, worker: str) -> None:
        """Let go of what is kept for a worker that has ended, unless something is still in its hands."""

    async def depth(self) -> int:
        """How many wait for a worker."""


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker process as it last told of itself."""

    id: str
    host: str
    pid: int
    slots: int
    started_at: datetime
    seen_at: datetime
    running: tuple[str, ...] = ()
    is_alive: bool = True


class Workers(Protocol):
    """The worker processes. Unavailable."""

    async def beat(self, worker: WorkerInfo) -> None:
        """Tell of oneself."""

    async def leave(self, worker_id: str) -> None:
        """Say goodbye."""

    async def all(self, now: datetime) -> list[WorkerInfo]:
        """Everyone who was seen within the hour."""


class TaskFailed(Exception):
    """An attempt failed. `reason` holds no content of what was sent or answered."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
        """Another attempt would fail too."""


Checkpoint = Callable[[Json], Awaitable[None]]
"""Keeps a state to resume from; raises Conflict where the attempt is not current any more."""


class Performer(Protocol):
    """Does the tasks of one type."""

    async def perform(self, task: Task, execution: Execution, resumed_from: Json, checkpoint: Checkpoint) -> Json:
        """Do it, or what is left of it; what to record of it. TaskFailed."""


class Meter(Protocol):
    """Counts what happens."""

    def fired(self, delay_s: float) -> None:
        """A slot was claimed so long after its start."""

    def missed(self, count: int) -> None:
        """Slots were left out."""

    def took_lead(self) -> None:
        """This process began to lead."""

    def ended(self, state: str, run_s: float) -> None:
        """An execution ended after so long a last attempt."""

    def retried(self) -> None:
        """An attempt failed and another follows."""

    def reclaimed(self) -> None:
        """An execution of a dead worker began again."""

    def queue_depth(self, count: int) -> None:
        """So many executions wait for a worker."""

    def workers_alive(self, count: int) -> None:
        """So many workers are heard of."""
