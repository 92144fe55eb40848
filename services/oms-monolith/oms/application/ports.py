"""What the use cases need: a document database, a publisher and a search, chosen call by call."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from cloudevents.core.v1.event import CloudEvent

from shared.canonical import Json
from shared.clients.embedding_values import Neighbours
from shared.clients.scheduler_answers import ExecutionInfo, JobInfo
from shared.database.interfaces import DocumentDatabase

DatabaseForCall = Callable[[], DocumentDatabase]
"""The client that serves the call in progress; asked for anew each time, since a flag may turn between two calls."""


class SchemaAnnouncer(Protocol):
    """Tells the world that the ontology has changed."""

    async def schema_changed(self, change: Mapping[str, Json]) -> None:
        """Announce the change; what goes wrong is counted and logged, and never fails the write that is announced."""


class EventPublisher(Protocol):
    """Hands one event over; raises `OmsError` where nobody takes it."""

    async def publish(self, event: CloudEvent) -> object:
        """Hand the event over."""


class SemanticSearch(Protocol):
    """Finds the objects of `<env>/oms/main` by what their searchable texts mean."""

    async def search(self, query: str, *, top_k: int, types: Collection[str]) -> Neighbours:
        """The nearest objects of these types (none: of any), the nearest first; Unavailable, InvalidInput."""


SearchForCall = Callable[[], SemanticSearch]


class JobScheduler(Protocol):
    """Jobs and their executions."""

    async def create_job(self, spec: Json) -> JobInfo:
        """Keep a new job; ValidationFailed, AlreadyExists."""

    async def get_job(self, job_id: str) -> JobInfo:
        """One job; NotFound."""

    async def list_jobs(self) -> list[JobInfo]:
        """All jobs in order of id."""

    async def delete_job(self, job_id: str) -> None:
        """Forget a job; its executions stay. NotFound."""

    async def run_job(self, job_id: str) -> ExecutionInfo:
        """Run a job now. NotFound."""

    async def list_executions(self, *, job_id: str, count: int) -> list[ExecutionInfo]:
        """The latest executions of a job (empty: of any), the newest first."""


SchedulerForJob = Callable[[str], JobScheduler]
"""Who serves the job of that id; empty where the call is about no single job."""


@dataclass(frozen=True, slots=True)
class PathFigures:
    """What one path of a flag has served since the process began.

    `failures` are calls that ended without an answer of the peer. Latencies are in seconds, `None` without calls, and
    exact to the width of the histogram's bucket.
    """

    calls: int
    failures: int
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None


@dataclass(frozen=True, slots=True)
class FlagState:
    """One rollout flag: its position, where that was set, and what both paths have served."""

    name: str
    value: str
    source: str
    paths: Mapping[str, PathFigures]


class MigrationBoard(Protocol):
    """What is known of the rollout in this process."""

    def states(self) -> list[FlagState]:
        """Every flag in rollout order."""
