"""All that the doors of the service open to."""

from dataclasses import dataclass

from scheduler_service.application.executions import Executions
from scheduler_service.application.jobs import Jobs
from scheduler_service.application.ports import Clock, Leadership, Lease, WorkerInfo, Workers


@dataclass(frozen=True, slots=True)
class Staff:
    """The workers and the leader."""

    workers: tuple[WorkerInfo, ...]
    leader: Lease | None


@dataclass(frozen=True, slots=True)
class Scheduler:
    """The use cases."""

    jobs: Jobs
    executions: Executions
    workers: Workers
    leadership: Leadership
    clock: Clock

    async def staff(self) -> Staff:
        """Who works and who leads. Unavailable."""
        return Staff(tuple(await self.workers.all(self.clock.now())), await self.leadership.leader())
