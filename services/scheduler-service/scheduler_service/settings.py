"""What the scheduler and its workers can be told, beside what every service can."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from shared.settings import Port, ServiceSettings


class SchedulerSettings(ServiceSettings):
    """Settings of both roles."""

    service_name: ClassVar[str] = "scheduler"

    http_port: Port = 8002
    grpc_port: Port = 50056
    redis_sentinels: str = Field("", pattern=r"^$|^[^\s,]+(,[^\s,]+)*$")
    """`host:port,host:port` of the Sentinels; then `REDIS_MASTER` is asked of them and `REDIS_URL` is not used."""
    redis_master: str = ""
    """The name under which the Sentinels know the Redis that is to be used."""
    scheduler_database: str = "oms"
    """The kernel's database with the scheduler's branch."""
    scheduler_lease_s: float = Field(3.0, gt=0.1, le=60)
    """A leader that was not heard of for so long is followed by another; the two may differ by a third of it."""
    scheduler_resync_s: float = Field(15.0, gt=0, le=3600)
    """How often the leader compares the running schedule with the jobs in the kernel."""
    scheduler_worker_lease_s: float = Field(15.0, gt=0.1, le=600)
    """An execution whose worker was not heard of for so long is given to another."""
    scheduler_retention_days: float = Field(30.0, gt=0, le=3660)
    """How long the records of executions that have ended are kept."""
    scheduler_allow_private_targets: bool = False
    """Whether `http` tasks may reach addresses that are not public: loopback, the own network."""

    grpc_grace_s: float = Field(5.0, ge=0, le=300)
    """How long gRPC calls in progress may take to end when the process stops."""

    @model_validator(mode="after")
    def _master_is_named(self) -> Self:
        if bool(self.redis_sentinels) != bool(self.redis_master):
            raise ValueError("REDIS_MASTER: goes together with REDIS_SENTINELS")
        return self


class WorkerSettings(SchedulerSettings):
    """Settings of a worker; its HTTP port answers probes and metrics alone."""

    http_port: Port = 8012
    scheduler_worker_slots: int = Field(16, ge=1, le=1000)
    """How many executions a worker runs at a time."""
    scheduler_worker_drain_s: float = Field(3.0, ge=0, le=300)
    """How long they may take to end when the worker stops; what does not is handed to the others."""
